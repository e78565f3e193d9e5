/* Sliders of a chart: each sets a parameter of its Vega view, which recomputes the chart. No eval. */
"use strict";
(function () {
  const views = new Map();

  function inputsOf(box) {
    return Array.from(box.querySelectorAll("input[type=range]"));
  }

  function valueOf(input) {
    const stops = JSON.parse(input.dataset.stops);
    return stops.length ? stops[Number(input.value)] : Number(input.value);
  }

  function written(input) {
    if (input.dataset.rest && input.value === input.dataset.run) return input.dataset.rest;
    const scaled = valueOf(input) * Number(input.dataset.scale);
    const number = String(Number(scaled.toPrecision(Number(input.dataset.digits))));
    return number.replace("-", "\u2212") + input.dataset.suffix;
  }

  function show(box) {
    let moved = false;
    for (const input of inputsOf(box)) {
      const text = written(input);
      box.querySelector('output[for="' + input.id + '"]').textContent = text;
      input.setAttribute("aria-valuetext", text);
      moved = moved || Number(input.value) !== Number(input.dataset.run);
    }
    box.querySelector(".te-reset").disabled = !moved;
    box.classList.toggle("te-moved", moved);
  }

  function apply(box) {
    show(box);
    const view = views.get(box.dataset.for);
    if (!view) return;
    for (const input of inputsOf(box)) view.signal(input.dataset.param, valueOf(input));
    box.dataset.settled = "no";
    view.runAsync().then(function () { box.dataset.settled = "yes"; });
  }

  function reset(box) {
    for (const input of inputsOf(box)) input.value = input.dataset.run;
    apply(box);
    inputsOf(box)[0].focus();
  }

  const boxes = Array.from(document.querySelectorAll(".te-sliders"));
  for (const box of boxes) {
    box.addEventListener("input", function () { apply(box); });
    box.querySelector(".te-reset").addEventListener("click", function () { reset(box); });
  }

  /* A chart is drawn anew in the dark or for print: it keeps where the sliders stand. */
  document.addEventListener("te-drawn", function (event) {
    const box = boxes.find(function (each) { return each.dataset.for === event.target.id; });
    if (!box) return;
    views.set(box.dataset.for, event.detail);
    event.target.teView = event.detail;
    for (const input of inputsOf(box)) input.disabled = false;
    apply(box);
  });
})();
