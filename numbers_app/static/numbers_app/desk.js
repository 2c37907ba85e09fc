"use strict";

// The second click: a form that may be sent once says so, and locks its button. A page that comes back from the
// browser's memory is unlocked again; the server knows a repeated key anyway.
document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.confirm && !form.dataset.sent && !window.confirm(form.dataset.confirm)) {
        event.preventDefault();
        return;
    }
    if (!form.matches("[data-once]")) return;
    if (form.dataset.sent) {
        event.preventDefault();
        return;
    }
    form.dataset.sent = "yes";
    const button = event.submitter ?? form.querySelector("button[type=submit]");
    if (!button) return;
    button.dataset.label = button.textContent;
    button.textContent = form.dataset.busy;
    button.setAttribute("aria-disabled", "true");
});

window.addEventListener("pageshow", () => {
    document.querySelectorAll("form[data-once][data-sent]").forEach((form) => {
        delete form.dataset.sent;
        const button = form.querySelector("button[aria-disabled]");
        if (!button) return;
        button.textContent = button.dataset.label;
        button.removeAttribute("aria-disabled");
    });
    const note = document.querySelector("[data-focus]");
    if (note) note.focus();
});

// The box in a table's head ticks all boxes of its rows.
document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-check-all]")) return;
    event.target.closest("table").querySelectorAll("tbody input[type=checkbox]").forEach((box) => {
        box.checked = event.target.checked;
    });
});

// Times come in UTC; the reader sees their own time zone, and UTC in the tooltip.
const localTimes = (root) => {
    root.querySelectorAll("time[datetime]:not([title])").forEach((time) => {
        time.title = time.textContent;
        time.textContent = new Date(time.dateTime).toLocaleString(document.documentElement.lang || undefined, {
            dateStyle: "medium",
            timeStyle: "medium",
        });
    });
};
document.addEventListener("DOMContentLoaded", () => localTimes(document));
document.addEventListener("htmx:afterSettle", () => localTimes(document));

// A purchase's page follows its life by itself: say so when it can't, and sign in again when the session has ended.
document.addEventListener("DOMContentLoaded", () => {
    const note = document.getElementById("connection-note");
    const show = (lost) => {
        if (note) note.hidden = !lost;
    };
    document.body.addEventListener("htmx:sendError", () => show(true));
    document.body.addEventListener("htmx:responseError", () => show(true));
    document.body.addEventListener("htmx:beforeSwap", (event) => {
        show(false);
        if (event.detail.xhr.responseURL.includes("/login/")) {
            event.detail.shouldSwap = false;
            window.location.reload();
        }
    });
});

// A page that moves by itself waits while something on it is pressed: else the press would begin on one button and end
// on the one that took its place, which is no click. The next look brings what this one did not.
let isPressed = false;
document.addEventListener("pointerdown", () => { isPressed = true; });
["pointerup", "pointercancel"].forEach((over) => document.addEventListener(over, () => { isPressed = false; }));
document.addEventListener("htmx:beforeSwap", (event) => {
    if (isPressed && event.detail.elt.matches("[hx-trigger^=every]")) event.detail.shouldSwap = false;
});

// On a phone, each cell of a list is named by the head of its column. The names of fields begin with a small letter.
document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("#result_list [data-label]").forEach((cell) => {
        cell.dataset.label = cell.dataset.label.charAt(0).toLocaleUpperCase() + cell.dataset.label.slice(1);
    });
});
