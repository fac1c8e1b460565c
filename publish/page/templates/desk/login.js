"use strict";
document.getElementById("login").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.currentTarget, fault = form.querySelector(".fault");
  fault.textContent = "";
  try {
    const key = form.elements.key.value.trim();
    const headers = { Authorization: "Bearer " + key };
    const answer = await fetch("/desk/session", { method: "POST", headers });
    if (answer.ok) { location.reload(); return; }
    const problem = await answer.json();
    fault.textContent = problem.detail;
  } catch (error) {
    fault.textContent = "The service cannot be asked, or this is no key.";
  }
});
