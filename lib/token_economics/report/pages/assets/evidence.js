/* Search and filters over rows that are in the page: no network, no eval; without it the tables are plain. */
"use strict";
(function () {
  function entriesOf(target) {
    if (target.tagName !== "TABLE") return Array.from(target.children);
    return Array.from(target.querySelectorAll("tbody > tr:not(.te-group)"));
  }

  function valuesOf(entry, name) {
    const own = entry.dataset[name] !== undefined ? entry : entry.closest("[data-" + name + "]");
    return own ? own.dataset[name].split("|").filter(Boolean) : [];
  }

  function labelled(text, control) {
    const label = document.createElement("label");
    label.append(text + " ", control);
    return label;
  }

  function selectOf(name, entries) {
    const select = document.createElement("select");
    select.append(new Option("all", ""));
    const seen = new Set();
    for (const entry of entries) for (const value of valuesOf(entry, name)) seen.add(value);
    for (const value of Array.from(seen).sort()) select.append(new Option(value.replaceAll("_", " "), value));
    return select;
  }

  function equip(box) {
    const target = document.getElementById(box.dataset.for);
    if (!target) return;
    const entries = entriesOf(target);
    const texts = entries.map(function (entry) {
      const group = entry.closest("tbody");
      const head = group && group.querySelector(".te-group");
      return ((head ? head.textContent : "") + " " + entry.textContent).toLowerCase();
    });
    const search = document.createElement("input");
    search.type = "search";
    const selects = box.dataset.names.split(" ").map(function (name) {
      return { name: name, control: selectOf(name, entries) };
    }).filter(function (part) { return part.control.options.length > 2; });
    const status = document.createElement("p");
    status.setAttribute("role", "status");

    function apply() {
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      entries.forEach(function (entry, at) {
        const fits = words.every(function (word) { return texts[at].includes(word); }) &&
          selects.every(function (part) {
            return !part.control.value || valuesOf(entry, part.name).includes(part.control.value);
          });
        entry.hidden = !fits;
        shown += fits ? 1 : 0;
      });
      for (const group of target.querySelectorAll("tbody")) {
        group.hidden = !group.querySelector("tr:not(.te-group):not([hidden])");
      }
      status.textContent = shown + " of " + entries.length + " shown";
    }

    function reveal() {
      const named = document.getElementById(decodeURIComponent(location.hash.slice(1)));
      if (!named || !target.contains(named)) return;
      if (named.closest("[hidden]")) {
        search.value = "";
        for (const part of selects) part.control.value = "";
        apply();
        named.scrollIntoView();
      }
    }

    box.append(labelled("Search", search));
    for (const part of selects) {
      box.append(labelled(part.name[0].toUpperCase() + part.name.slice(1), part.control));
      part.control.addEventListener("change", apply);
    }
    box.append(status);
    search.addEventListener("input", apply);
    window.addEventListener("hashchange", reveal);
    apply();
  }

  for (const box of document.querySelectorAll(".te-filters")) equip(box);
})();
