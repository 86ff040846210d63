import type { Matcher } from "re2js";

/** `$1`, `$name`, `${1}`, `${name}`, `$$`; a name goes on as long as it can. */
const REFERENCE = /\$(?:(\$)|\{([\p{L}\p{N}_]+)\}|([\p{L}\p{N}_]+))/gu;

/** Fills a match's groups into a replacement, as Go's Regexp.Expand does: what is unknown becomes nothing. */
export function expandTemplate(
  template: string,
  matcher: Matcher,
  groupNames: Readonly<Record<string, number>>,
): string {
  return template.replace(REFERENCE, (_, dollar, braced, plain) => {
    if (dollar) return "$";
    const name: string = braced ?? plain;
    const group = /^\d+$/.test(name) ? Number(name) : groupNames[name];
    if (group === undefined || group > matcher.groupCount()) return "";
    return matcher.group(group) ?? "";
  });
}
