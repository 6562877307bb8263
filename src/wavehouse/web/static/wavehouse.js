// Theme switch, keyboard, menus and the chart's tooltip. The pages work without it.
"use strict";
(function () {
  const root = document.documentElement;
  let lastMenu;
  let goingSince = 0;
  const find = (selector) => document.querySelector(selector);
  let content = find("#content");

  function dark() {
    const chosen = root.dataset.theme;
    return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  }

  function switchTheme() {
    root.dataset.theme = dark() ? "light" : "dark";
    try { localStorage.setItem("theme", root.dataset.theme); } catch { /* for this page only */ }
  }

  function showKeys() {
    const dialog = find("#keys");
    if (dialog.open) dialog.close(); else dialog.showModal();
  }

  function closeMenus(except) {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (menu !== except) menu.open = false;
    }
  }

  document.addEventListener("click", (event) => {
    const does = event.target.closest("[data-does]")?.dataset.does;
    if (does === "theme") switchTheme();
    if (does === "keys") showKeys();
    const menu = event.target.closest("details.menu");
    closeMenus(menu);
    lastMenu = menu?.querySelector("summary").dataset.menu;
  });

  function openRange() {
    const summary = find('[data-menu="range"]');
    if (!summary) return;
    const menu = summary.parentElement;
    menu.open = !menu.open;
    if (menu.open) menu.querySelector("a").focus(); else summary.focus();
  }

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const open = find("details.menu[open]");
      if (open) { open.open = false; open.querySelector("summary").focus(); }
      hideTip();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, select, textarea, [contenteditable]")) return;
    if (event.target.closest(".plot") && (event.key === "ArrowLeft" || event.key === "ArrowRight")) {
      event.preventDefault();
      walk(event.target.closest(".plot"), event.key === "ArrowRight" ? 1 : -1);
      return;
    }
    if (event.key === "?") { event.preventDefault(); showKeys(); return; }
    if (find("#keys")?.open) return;
    if (event.key === "d" || event.key === "D") { event.preventDefault(); openRange(); return; }
    const letter = event.key.toLowerCase();
    if (letter === "g") { goingSince = Date.now(); return; }
    const name = Date.now() - goingSince < 1500 ? `g ${letter}` : letter;
    goingSince = 0;
    const target = find(`[data-key="${CSS.escape(name)}"]`);
    if (target) { event.preventDefault(); target.click(); }
  });

  // The chart: each column has its text in a <title>. It moves to a data attribute on first
  // use, so that the browser does not show them a second time.
  function words(hit) {
    const title = hit.querySelector("title");
    if (title) { hit.dataset.tip = title.textContent; title.remove(); }
    return hit.dataset.tip || "";
  }

  function showTip(hit) {
    const svg = hit.ownerSVGElement;
    const plot = hit.closest(".plot");
    const tip = plot.querySelector(".tip");
    const [head, ...rest] = words(hit).split("\n");
    const heading = document.createElement("b");
    heading.textContent = head;
    tip.replaceChildren(heading, ...rest.map((line) => {
      const row = document.createElement("span");
      row.textContent = line;
      return row;
    }));
    tip.hidden = false;
    const x = Number(hit.dataset.x);
    const [line, dot] = svg.querySelectorAll(".cross");
    line.setAttribute("transform", `translate(${x} 0)`);
    line.classList.add("on");
    dot.classList.toggle("on", hit.dataset.y !== undefined);
    if (hit.dataset.y !== undefined) {
      dot.setAttribute("transform", `translate(${x} ${hit.dataset.y})`);
    }
    const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
    const left = x * scale;
    const room = plot.clientWidth - tip.offsetWidth - 4;
    const beside = left + 14 > room ? left - tip.offsetWidth - 14 : left + 14;
    tip.style.transform = `translate(${Math.max(0, Math.min(beside, room))}px, 0)`;
    plot.walked = hit;
  }

  function hideTip() {
    for (const tip of document.querySelectorAll(".plot .tip")) tip.hidden = true;
    for (const cross of document.querySelectorAll(".cross.on")) cross.classList.remove("on");
  }

  function walk(plot, step) {
    const svg = [...plot.querySelectorAll("svg")].find((one) => one.getClientRects().length);
    const hits = [...svg.querySelectorAll(".hit")];
    const at = hits.indexOf(plot.walked);
    const next = at < 0 ? (step > 0 ? 0 : hits.length - 1) : at + step;
    showTip(hits[Math.max(0, Math.min(hits.length - 1, next))]);
  }

  document.addEventListener("pointerover", (event) => {
    const hit = event.target.closest?.(".hit");
    if (hit) showTip(hit);
    else if (!event.target.closest?.(".plot")) hideTip();
  });
  document.addEventListener("focusout", (event) => {
    if (event.target.matches?.(".plot")) hideTip();
  });

  // After a swap the focus returns: htmx finds elements by id, this finds the closed menu.
  // A card that loads later does not move the focus.
  document.addEventListener("htmx:after:swap", () => {
    const before = content;
    content = find("#content");
    if (content === before || document.activeElement !== document.body) return;
    const menu = lastMenu && find(`[data-menu="${lastMenu}"]`);
    (menu || content)?.focus({ preventScroll: true });
  });
})();
