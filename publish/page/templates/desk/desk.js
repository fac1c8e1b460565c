"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const theatre = document.body.dataset.theatre;
  const state = byId("state"), keys = byId("keys"), list = byId("list");
  const taken = [];
  let current = null, busy = false, asking = null;

  const links = () => [...list.querySelectorAll("a")];
  const linkOf = (id) => list.querySelector(`a[data-id="${id}"]`);
  const articleOf = (id) => byId(id);
  const path = (id, what) => `/v1/${theatre}/desk/proposals/${id}/${what}`;

  function say(text, bad) {
    state.textContent = text;
    state.classList.toggle("bad", Boolean(bad));
  }

  function count(by) {
    const left = Number(byId("count").textContent) + by;
    byId("count").textContent = left;
    byId("count-words").textContent = left === 1 ? "waits" : "wait";
  }

  function show(id, focus) {
    if (current) { articleOf(current).hidden = true; linkOf(current)?.removeAttribute("aria-current"); }
    current = id;
    byId("empty").hidden = id !== null;
    if (!id) return;
    const article = articleOf(id), link = linkOf(id);
    article.hidden = false;
    link.setAttribute("aria-current", "true");
    link.scrollIntoView({ block: "nearest" });
    article.querySelector("mark")?.scrollIntoView({ block: "nearest" });
    if (focus) article.focus({ preventScroll: true });
    ask(id);
  }

  function step(by) {
    const all = links(), at = all.indexOf(linkOf(current));
    const next = all[Math.min(Math.max(at + by, 0), all.length - 1)];
    if (next) show(next.dataset.id, true);
  }

  const percent = (p, digits) => (100 * p).toFixed(digits) + "%";
  function moveText(move) {
    if (move.before === null || move.after === null) return "What the number would do cannot be had: " + move.reason + ".";
    const digits = percent(move.before, 0) === percent(move.after, 0) ? 1 : 0;
    const [before, after] = [percent(move.before, digits), percent(move.after, digits)];
    const risk = `The ${move.days}-day risk of ${document.body.dataset.event}`;
    if (before === after) return `${risk} stays at ${after}` + (move.counted ? "." : "; this source is not counted in this theatre.");
    if (move.counted) return `${risk} moves from ${before} to ${after}.`;
    return `${risk} would move from ${before} to ${after}, if this theatre counted the desk's events.`;
  }

  function ask(id) {
    const place = articleOf(id).querySelector(".move");
    asking?.abort();
    clearTimeout(ask.timer);
    if (place.textContent && place.dataset.done) return;
    place.textContent = "What would the number do? …";
    const asked = asking = new AbortController();
    ask.timer = setTimeout(async () => {
      try {
        const answer = await fetch(path(id, "move"), { signal: asked.signal });
        const value = await answer.json();
        place.textContent = answer.ok ? moveText(value) : "What the number would do cannot be had: " + value.detail;
        place.dataset.done = "yes";
      } catch (error) {
        if (error.name !== "AbortError") place.textContent = "What the number would do cannot be had: the service does not answer.";
      }
    }, 200);
  }

  async function post(id, body) {
    const headers = { "Content-Type": "application/json" };
    const revision = Number(articleOf(id).dataset.revision);
    const answer = await fetch(path(id, "decisions"), { method: "POST", headers, body: JSON.stringify({ revision, ...body }) });
    if (answer.status === 401) { location.reload(); }
    return [answer.status, await answer.json()];
  }

  function drop(id) {
    const all = links(), at = all.indexOf(linkOf(id));
    const next = all[at + 1] || all[at - 1];
    const item = linkOf(id).parentElement;
    show(next ? next.dataset.id : null, true);
    const after = item.nextElementSibling;
    item.remove();
    count(-1);
    return { item, after };
  }

  async function decide(body, fault) {
    if (busy || !current) return;
    busy = true;
    const id = current;
    try {
      const [status, value] = await post(id, body);
      if (status === 201) {
        closeAll();
        articleOf(id).dataset.revision = Number(articleOf(id).dataset.revision) + 1;
        taken.push({ id, ...drop(id) });
        const done = { accept: "Accepted", mend: "Mended and accepted", reject: "Rejected" }[body.action];
        say(`${done}: ${articleOf(id).querySelector("h2").textContent} u takes it back.`);
      } else if (status === 409) {
        closeAll();
        say(value.detail, true);
        drop(id);
      } else if (fault) {
        fault.textContent = value.detail;
      } else {
        say(value.detail, true);
      }
    } catch (error) {
      say("The service does not answer: nothing was decided.", true);
    } finally {
      busy = false;
    }
  }

  async function undo() {
    if (busy) return;
    const last = taken.at(-1);
    if (!last) { say("Nothing of this page to take back; `dyadcast desk undo` takes back older decisions."); return; }
    busy = true;
    try {
      const [status, value] = await post(last.id, { action: "undo" });
      if (status !== 201) { say(value.detail, true); return; }
      taken.pop();
      articleOf(last.id).dataset.revision = Number(articleOf(last.id).dataset.revision) + 1;
      list.insertBefore(last.item, last.after?.parentElement === list ? last.after : null);
      count(1);
      show(last.id, true);
      say("Taken back.");
    } catch (error) {
      say("The service does not answer: nothing was taken back.", true);
    } finally {
      busy = false;
    }
  }

  function closeAll() { document.querySelectorAll("dialog[open]").forEach((dialog) => dialog.close()); }

  function openMend() {
    if (!current) return;
    const cells = JSON.parse(articleOf(current).dataset.cells), form = byId("mend-form");
    for (const label of form.querySelectorAll("label")) {
      const name = label.dataset.field, field = form.elements[name];
      const optional = ["ended_on", "lat", "lon"].includes(name) && "summary" in cells;
      label.hidden = !(name in cells || optional);
      field.value = cells[name] ?? "";
    }
    form.querySelector(".fault").textContent = "";
    byId("mend").showModal();
    form.querySelector("label:not([hidden]) :is(input, select)").focus();
  }

  function openReject() {
    if (!current) return;
    const form = byId("reject-form");
    form.reset();
    form.querySelector(".fault").textContent = "";
    byId("reject").showModal();
    form.querySelector("button").focus();
  }

  byId("mend-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const form = event.currentTarget, cells = JSON.parse(articleOf(current).dataset.cells), changes = {};
    for (const label of form.querySelectorAll("label:not([hidden])")) {
      const name = label.dataset.field, value = form.elements[name].value.trim();
      if (value !== (cells[name] ?? "")) changes[name] = value;
    }
    const plain = Object.keys(changes).length === 0;
    decide(plain ? { action: "accept" } : { action: "mend", changes }, form.querySelector(".fault"));
  });
  byId("reject-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const form = event.currentTarget;
    decide({ action: "reject", reason: form.elements.reason.value.trim() }, form.querySelector(".fault"));
  });
  document.querySelectorAll("[data-reason]").forEach((button) => button.addEventListener("click", () =>
    decide({ action: "reject", reason: button.dataset.reason }, byId("reject-form").querySelector(".fault"))));
  document.querySelectorAll("[data-close]").forEach((button) => button.addEventListener("click", closeAll));

  const acts = {
    a: () => decide({ action: "accept" }),
    m: openMend,
    r: openReject,
    u: undo,
    j: () => step(1),
    k: () => step(-1),
    "?": () => byId("help").showModal(),
  };
  document.querySelectorAll("[data-key]").forEach((button) => button.addEventListener("click", () => acts[button.dataset.key]()));
  byId("help-button").addEventListener("click", acts["?"]);
  byId("again").addEventListener("click", () => location.reload());
  byId("leave").addEventListener("click", async () => {
    await fetch("/desk/session", { method: "DELETE" });
    location.reload();
  });
  list.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (link) { event.preventDefault(); show(link.dataset.id, true); }
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const typing = event.target.closest("input:not([type=checkbox]), select, textarea");
    if (byId("reject").open && !typing && /^[1-9]$/.test(event.key)) {
      document.querySelectorAll("[data-reason]")[Number(event.key) - 1]?.click();
      event.preventDefault();
      return;
    }
    if (typing || document.querySelector("dialog[open]") || !keys.checked) return;
    const act = acts[event.key];
    if (!act || (event.repeat && !"jk".includes(event.key))) return;
    event.preventDefault();
    act();
  });

  const first = links().find((link) => link.dataset.id === location.hash.slice(1)) || links()[0];
  show(first ? first.dataset.id : null, false);
})();
