import type { Matcher } from "re2js";
import { lazy } from "../../../base/lazy.ts";

/** `$1`, `$name`, `${1}`, `${name}`, `$$`; a name goes on as long as it can. */
const REFERENCE = lazy(() => /\$(?:(\$)|\{([\p{L}\p{N}_]+)\}|([\p{L}\p{N}_]+))/gu);

/** With a leading zero it is a name like any other. */
const NUMBER = /^(0|[1-9]\d*)$/;

/**
 * Fills a match's groups into a replacement, as Go's Regexp.Expand does: what is unknown becomes nothing. What grows
 * past `maxLength` is filled in no further: the result is longer than that, and not to be used.
 */
export function expandTemplate(
  template: string,
  matcher: Matcher,
  groupNames: Readonly<Record<string, number>>,
  maxLength: number,
): string {
  let length = template.length;
  return template.replace(REFERENCE(), (reference, dollar, braced, plain) => {
    if (length > maxLength) return reference;
    if (dollar) return "$";
    const name: string = braced ?? plain;
    const group = NUMBER.test(name) ? Number(name) : groupNames[name];
    if (group === undefined || group > matcher.groupCount()) return "";
    const text = matcher.group(group) ?? "";
    length += text.length;
    return text;
  });
}
