// Comforts; without them everything is still there, but for the sliders of “What if”, whose table stands below them.
// The fonts are in the page: loaded before its words are laid out, so that no word moves once it stands.
document.fonts.forEach((font) => font.load());

addEventListener("DOMContentLoaded", () => {
const all = (selector, within = document) => [...within.querySelectorAll(selector)];

// A link to a filter sets it, one into a fold opens it, one to the same section under another scenario keeps the place; print opens what is folded; Escape closes what opened under the pointer.
const follow = () => {
  const filter = document.getElementById(location.hash.slice(1));
  if (filter && filter.type === "radio") { filter.checked = true; filter.closest("form").scrollIntoView(); }
  for (let part = filter && filter.closest("details"); part; part = part.parentElement.closest("details")) part.open = true;
  all(".same-place a").forEach((link) => { link.hash = location.hash; });
};
addEventListener("hashchange", follow);
follow();
addEventListener("beforeprint", () => all("details").forEach((part) => { part.open = true; }));
addEventListener("keydown", (event) => {
  if (event.key === "Escape") all(".asks:hover, .asks:focus-within").forEach((part) => part.classList.add("quiet"));
});
all(".asks").forEach((part) => ["pointerleave", "focusout"].forEach((name) =>
  part.addEventListener(name, () => part.classList.remove("quiet"))));

// Tables: a heading sorts, a long table can be searched; those of an exhibit from when it comes near and is laid out.
const worth = (cell) => {
  const text = cell ? cell.textContent.trim() : "–";
  if (text === "–" || text === "") return null;
  if (/^\d{4}-\d\d/.test(text)) return text;
  const number = parseFloat(text.replace(/−/g, "-").replace(/^[^\d-]*/, "").replace(/,/g, ""));
  return /^[^\p{L}\d]{0,3}\d/u.test(text) && !Number.isNaN(number) ? number : text;
};
const order = (a, b) => a === null || b === null ? (a === null) - (b === null)
  : typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en", { numeric: true });
const equip = (table) => {
  const body = table.tBodies[0];
  if (!table.tHead || body.rows.length < 3) return;
  const first = [...body.rows], heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button"; button.className = "sorts";
    button.append(...head.childNodes); head.append(button);
    button.addEventListener("click", () => {
      const now = { none: "ascending", ascending: "descending", descending: "none" }[head.ariaSort || "none"];
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      if (now !== "none") head.setAttribute("aria-sort", now);
      const sign = now === "descending" ? -1 : 1;
      const keyed = first.map((row) => [worth(row.cells[column]), row]);
      if (now !== "none") keyed.sort(([a], [b]) => a === null || b === null ? order(a, b) : sign * order(a, b));
      body.append(...keyed.map(([, row]) => row));
    });
  });
  if (first.length < 20) return;
  const find = document.createElement("label"), field = document.createElement("input"), told = document.createElement("output");
  field.type = "search"; find.className = "find"; find.append("Find in this table ", field, told);
  (table.closest(".scroll") || table).before(find);
  field.addEventListener("input", () => {
    const wanted = field.value.toLowerCase();
    first.forEach((row) => { row.hidden = !row.textContent.toLowerCase().includes(wanted); });
    told.textContent = wanted ? `${first.filter((row) => !row.hidden).length} of ${first.length} rows` : "";
  });
};
const near = new IntersectionObserver((seen) => seen.filter((one) => one.isIntersecting).forEach(({ target }) => {
  near.unobserve(target); equip(target);
}), { rootMargin: "100%" });
all("table.data:not(.plain, .matrix, .changes)").forEach((table) => table.closest(".exhibit") ? near.observe(table) : equip(table));

// What if: results between the points of a grid, straight lines in the logarithm of each assumption.
all("form.knobs").forEach((form) => {
  const page = form.closest("main"), knobs = all("input[type=range]", form), sources = all("input[type=radio]", form);
  let grid, moved = 0;
  const mix = (values, place) => {
    const low = Math.min(Math.floor(place), values.length - 2);
    return values[low] * (values[low + 1] / values[low]) ** (place - low);
  };
  const placed = ({ values, start }) => {
    const low = Math.max(0, values.findLastIndex((value, i) => i < values.length - 1 && value <= start));
    const part = Math.log(start / values[low]) / Math.log(values[low + 1] / values[low]);
    return Math.min(Math.max(low + part, 0), values.length - 1);
  };
  const read = (values, places, axis = 0, at = 0) => {
    if (axis === places.length) return values[at];
    const size = grid.axes[axis].values.length, low = Math.min(Math.floor(places[axis]), size - 2), part = places[axis] - low;
    const side = (step) => read(values, places, axis + 1, at * size + low + step);
    return side(0) * (1 - part) + (part ? side(1) * part : 0);
  };
  const dressed = ({ dress, decimals }, value) => `${value < 0 ? "−" : ""}${dress[0]}${Math.abs(value).toFixed(decimals)}${dress[1]}`;
  const rounded = (value) => Number(value.toPrecision(3)).toLocaleString("en-US");
  const curve = (output, places) => {
    const last = grid.axes[moved].values.length - 1;
    const along = grid.axes[moved].values.map((_, place) => read(output.values, places.with(moved, place)));
    const most = Math.max(...along), least = Math.min(0, ...along);
    const height = (value) => (50 - 44 * (value - least) / (most - least || 1)).toFixed(1);
    const point = (place) => `${(4 + 232 * place / last).toFixed(1)},${height(read(output.values, places.with(moved, place)))}`;
    const [x, y] = point(places[moved]).split(",");
    return `<path class="guide" d="M4 50H236"/><path class="line" d="M${Array.from({ length: 49 }, (_, i) => point(last * i / 48)).join("L")}"/><circle cx="${x}" cy="${y}" r="5"/>`;
  };
  const draw = () => {
    const places = knobs.map((knob) => Number(knob.value)), starts = grid.axes.map(placed);
    knobs.forEach((knob, i) => {
      const told = rounded(mix(grid.axes[i].values, places[i]));
      knob.setAttribute("aria-valuetext", `${told} ${knob.dataset.unit}`);
      knob.parentElement.querySelector("output b").textContent = told;
    });
    grid.outputs.forEach((output, i) => {
      const value = read(output.values, places), start = read(output.values, starts);
      page.querySelector(`[data-output="${i}"]`).textContent = dressed(output, value);
      page.querySelector(`[data-start="${i}"]`).textContent = `${dressed(output, start)} at the central values`;
      page.querySelector(`[data-curve="${i}"]`).innerHTML = curve(output, places);
    });
    page.querySelector(".along-which").textContent = grid.axes[moved].title;
  };
  const home = () => { grid.axes.forEach((axis, i) => { knobs[i].value = placed(axis); }); draw(); };
  const take = (text) => {
    grid = JSON.parse(text);
    all(".ends", form).forEach((ends, i) => {
      const { values } = grid.axes[i];
      ends.firstChild.textContent = rounded(values[0]); ends.lastChild.textContent = rounded(values.at(-1));
    });
    home();
  };
  knobs.forEach((knob, i) => knob.addEventListener("input", () => { moved = i; draw(); }));
  sources.forEach((source) => source.addEventListener("change", () => take(source.dataset.grid)));
  form.querySelector(".back").addEventListener("click", home);
  page.classList.add("works");
  if (location.hash !== "#along") page.querySelector("#along").open = false;
  take((sources.find((source) => source.checked) || sources[0]).dataset.grid);
});
});
