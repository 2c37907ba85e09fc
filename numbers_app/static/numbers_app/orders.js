"use strict";

// Select2 tells of a choice by jQuery's own events alone; what listens to the browser's events must hear of it too.
window.addEventListener("load", () => {
    const jquery = window.django?.jQuery;
    if (!jquery) return;
    jquery(document).on("change", "select.select2-hidden-accessible", (event) => {
        if (!event.originalEvent) event.target.dispatchEvent(new Event("change", { bubbles: true }));
    });
});
