// The keyboard: every page is reached, and its rows are walked, without a mouse; ? says how.
const WAYS = { t: "/", s: "/stories", b: "/boards", l: "/live", i: "/incidents", o: "/load" };
const ROWS = "button.span, .line[data-span], table.list a[href^='/story/']:not([tabindex]), table.list a[href^='/runbooks/'], .shelf a, .log summary";
const KEYS = [
  ["?", "this list"],
  ["/", "to the search for a payment"],
  ["g, then t s b l i o", "to Till, Stories, Boards, Live, Incidents, Load"],
  ["j, k", "next row, the one before: spans, stories, lines"],
  ["Enter", "open it"],
  ["[ ]", "on a board: a shorter time, a longer one"],
  ["d", "dark or light"],
  ["Esc", "close, leave a field"],
];
const keys = {
  last: "",
  help() {
    let dialog = document.querySelector("dialog.keys");
    if (!dialog) {
      dialog = document.createElement("dialog");
      dialog.className = "keys panel";
      dialog.setAttribute("aria-label", "Keyboard");
      const rows = KEYS.map(([key, said]) => `<tr><th scope="row"><kbd>${key}</kbd></th><td>${said}</td></tr>`);
      dialog.innerHTML = `<h2>Keyboard</h2><table>${rows.join("")}</table>` +
        `<form method="dialog"><button class="button">Close</button></form>`;
      document.body.append(dialog);
    }
    if (dialog.open) dialog.close(); else dialog.showModal();
  },
  step(by) {
    const rows = [...document.querySelectorAll(ROWS)].filter((row) => row.offsetParent);
    if (!rows.length) return;
    const at = rows.indexOf(document.activeElement);
    const next = rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + by))];
    if (!next.matches("a, button, summary")) next.tabIndex = 0;
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  },
  time(by) {
    const field = document.querySelector(".tools select[name=from]");
    const to = field && field.selectedIndex + by;
    if (!field || to < 0 || to >= field.options.length || !field.options[to].value) return;
    field.selectedIndex = to;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  },
  pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const into = event.target.closest("input, select, textarea, [contenteditable]");
    if (into) return event.key === "Escape" ? into.blur() : undefined;
    if (document.querySelector("dialog[open]") && event.key !== "?") return;
    const after = keys.last;
    keys.last = event.key;
    if (after === "g" && WAYS[event.key]) return void (location.href = WAYS[event.key]);
    const work = {
      "?": keys.help,
      "/": () => document.querySelector("[name=id]").focus(),
      j: () => keys.step(1), k: () => keys.step(-1),
      "[": () => keys.time(-1), "]": () => keys.time(1),
      d: () => document.querySelector("[data-theme]").click(),
      Enter: () => document.activeElement.matches(".line[tabindex]") && document.activeElement.click(),
    }[event.key];
    if (!work) return;
    if (event.key !== "Enter") event.preventDefault();
    work();
  },
};
document.addEventListener("keydown", keys.pressed);
document.addEventListener("click", (event) => event.target.closest("[data-keys]") && keys.help());
