"""How is what was run published? Pages, downloads, diff and PDF; nothing here knows the thesis."""
