"use strict";
(() => {
  // The file may be read long after it was drawn: the reader's own clock says how old it is.
  const aged = document.getElementById("aged");
  const days = Math.floor((Date.now() - Date.parse(aged.dataset.asOf + "T00:00:00Z")) / 864e5);
  if (days > Number(aged.dataset.age) && days > Number(aged.dataset.after)) {
    aged.querySelector("[data-days]").textContent = days + " days";
    aged.hidden = false;
  }
  // A note that covers something can be sent away without moving the pointer or the focus.
  const lanes = document.querySelector(".lanes");
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && lanes) lanes.classList.add("quiet");
  });
  for (const kind of ["focusin", "pointerover"]) {
    document.addEventListener(kind, () => lanes && lanes.classList.remove("quiet"));
  }
})();
