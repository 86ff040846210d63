import script from "uplot/dist/uPlot.iife.min.js" with { type: "text" };
import sheet from "uplot/dist/uPlot.min.css" with { type: "text" };
import css from "./page.css" with { type: "text" };
import html from "./page.html" with { type: "text" };
import js from "./page.js" with { type: "text" };

/** The page's parts by path, with their types: loaded only when somebody looks. */
export const ASSETS: Readonly<Record<string, { readonly contentType: string; readonly body: string }>> = {
  "": { contentType: "text/html; charset=utf-8", body: html },
  "-/page/page.css": { contentType: "text/css; charset=utf-8", body: css },
  "-/page/page.js": { contentType: "text/javascript; charset=utf-8", body: js },
  "-/page/uplot.css": { contentType: "text/css; charset=utf-8", body: sheet },
  "-/page/uplot.js": { contentType: "text/javascript; charset=utf-8", body: script },
};
