// Two comforts; without them everything is still there. A link to a filter sets it; print opens what is folded.
const follow = () => {
  const filter = document.getElementById(location.hash.slice(1));
  if (filter && filter.type === "radio") { filter.checked = true; filter.closest("form").scrollIntoView(); }
};
addEventListener("hashchange", follow);
follow();
addEventListener("beforeprint", () => document.querySelectorAll("details:not(.code)").forEach((part) => { part.open = true; }));
