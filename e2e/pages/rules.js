// The rules of axe-core that relay's pages could break, without axe-core. The value is a
// list of violations.
(() => {
	const wrong = [], say = (rule, e) => wrong.push(`${rule}: ${e.outerHTML.slice(0, 120)}`);
	const all = selector => [...document.querySelectorAll(selector)].filter(e => e.checkVisibility());
	const name = e => (e.getAttribute("aria-label") || e.getAttribute("title") || [...(e.labels ?? [])].map(l => l.textContent).join("") || (e.getAttribute("aria-labelledby") ? document.getElementById(e.getAttribute("aria-labelledby"))?.textContent : "") || e.textContent || e.querySelector("img[alt]:not([alt=''])")?.alt || "").trim();

	if (!document.documentElement.lang) wrong.push("html-has-lang");
	if (!document.title) wrong.push("document-title");
	if (all("h1").length !== 1) wrong.push(`page-has-heading-one: ${all("h1").length}`);
	let level = 0;
	for (const h of all("h1, h2, h3, h4, h5, h6")) {
		const now = Number(h.tagName[1]);
		if (now > level + 1) say("heading-order", h);
		if (!h.textContent.trim()) say("empty-heading", h);
		level = now;
	}
	if (all("main").length !== 1) wrong.push("landmark-one-main");
	for (const e of document.body.children)
		if (e.checkVisibility() && e.textContent.trim() && !e.matches("header, main, footer, nav, aside, section[aria-label], [role=status], dialog, script, noscript, template")) say("region", e);

	const ids = [...document.querySelectorAll("[id]")].map(e => e.id);
	for (const id of new Set(ids)) if (ids.filter(other => other === id).length > 1) wrong.push("duplicate-id: " + id);

	for (const e of all("button, a[href], input, select, textarea, summary, [role=button], [role=region], [role=img], nav")) if (!name(e) && !e.matches("nav:only-of-type")) say("name", e);
	for (const e of all("th")) if (!e.textContent.trim()) say("empty-table-header", e);
	for (const e of all("img")) if (!e.hasAttribute("alt")) say("image-alt", e);
	for (const e of all("td")) if (!e.closest("table").querySelector("th")) say("td-has-header", e);

	// An element may have a name only if its role allows one.
	const named = "a[href], button, input, select, textarea, summary, details, nav, main, header, footer, aside, section, article, form, img, svg[role=img], table, ol, ul, dialog, audio, iframe, fieldset, td, th, h1, h2, h3";
	for (const e of all("[aria-label], [aria-labelledby]")) if (!e.hasAttribute("role") && !e.matches(named)) say("aria-prohibited-attr", e);
	for (const e of all("[aria-pressed]")) if (!e.matches("button, [role=button]")) say("aria-allowed-attr", e);
	for (const e of all("[aria-invalid], [aria-required]")) if (!e.matches("input, select, textarea")) say("aria-allowed-attr", e);
	for (const e of document.querySelectorAll("[aria-hidden=true]")) if (e.querySelector("a, button, input")) say("aria-hidden-focus", e);

	for (const e of all("*")) {
		const style = getComputedStyle(e), scrolls = (over, size, view) => /auto|scroll/.test(over) && size > view + 1;
		if (e !== document.scrollingElement && e !== document.body && (scrolls(style.overflowY, e.scrollHeight, e.clientHeight) || scrolls(style.overflowX, e.scrollWidth, e.clientWidth)) && e.tabIndex < 0 && !e.querySelector("a, button, input")) say("scrollable-region-focusable", e);
	}

	// Contrast, WCAG 2.2 SC 1.4.3: the colours of text and background.
	const paint = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
	const rgb = colour => {
		paint.clearRect(0, 0, 1, 1);
		paint.fillStyle = colour;
		paint.fillRect(0, 0, 1, 1);
		const [r, g, b, a] = paint.getImageData(0, 0, 1, 1).data;
		return [r, g, b, a / 255];
	};
	const over = (front, back) => [0, 1, 2].map(i => front[i] * front[3] + back[i] * (1 - front[3])).concat(1);
	const behind = e => {
		const layers = [];
		for (; e; e = e.parentElement) layers.push(rgb(getComputedStyle(e).backgroundColor));
		return layers.reverse().reduce((back, front) => over(front, back), rgb(getComputedStyle(document.documentElement).colorScheme.includes("dark") ? "#121212" : "#fff"));
	};
	const light = ([r, g, b]) => [r, g, b].map(v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4).reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
	const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (walk.nextNode()) {
		const e = walk.currentNode.parentElement;
		if (!walk.currentNode.data.trim() || !e.checkVisibility({opacityProperty: true}) || e.closest("svg, :disabled, .sr, option, noscript")) continue;
		const style = getComputedStyle(e), back = behind(e), a = light(over(rgb(style.color), back)), b = light(back);
		const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05), size = parseFloat(style.fontSize);
		if (ratio < (size >= 24 || size >= 18.66 && Number(style.fontWeight) >= 700 ? 3 : 4.5)) say(`color-contrast ${ratio.toFixed(2)}`, e);
	}
	return [...new Set(wrong)];
})()
