"use strict";

// An address to be shared holds only what was chosen: filters left empty are not sent.
document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-no-empty]")) return;
    event.target.querySelectorAll("[name]").forEach((field) => { field.disabled = !field.value; });
});

// A page that comes back from the browser's memory has all of its filters again.
window.addEventListener("pageshow", () => {
    document.querySelectorAll("[data-no-empty] [name]:disabled").forEach((field) => { field.disabled = false; });
});
