// A payload, as JSON set out, text or bytes, whatever it can be; and what a message of 5.0 says about itself.

import { useMemo, useState } from "preact/hooks";
import { useWords } from "../words.js";
import { bytesText } from "./format.js";
import { hexLinesOf, jsonOf, propertiesOf, textOf } from "./shape.js";

const words = {
	en: {
		as: "Show the payload as",
		json: "JSON",
		text: "Text",
		hex: "Bytes",
		empty: "No payload",
		cut: (bytes: string) => `The first 4 KB of ${bytes}.`,
		names: {
			contentType: "Content type",
			format: "Payload format",
			expiry: "Message expiry",
			responseTopic: "Response topic",
			correlation: "Correlation data",
			user: "User property",
		},
		formats: ["0: bytes", "1: UTF-8 text"],
		seconds: (value: string) => `${value} s`,
		properties: "Properties",
	},
	zh: {
		as: "负载的显示方式",
		json: "JSON",
		text: "文本",
		hex: "字节",
		empty: "没有负载",
		cut: (bytes: string) => `共 ${bytes}，只显示前 4 KB。`,
		names: {
			contentType: "内容类型",
			format: "负载格式指示",
			expiry: "消息过期间隔",
			responseTopic: "响应主题",
			correlation: "对比数据",
			user: "用户属性",
		},
		formats: ["0：字节", "1：UTF-8 文本"],
		seconds: (value: string) => `${value} 秒`,
		properties: "属性",
	},
};

const SHAPES = ["json", "text", "hex"] as const;
type Shape = (typeof SHAPES)[number];

/** Lines of a dump: 4 KB. */
const MOST_LINES = 256;

export function Payload({ payload }: { readonly payload: Uint8Array }) {
	const say = useWords(words);
	const [wanted, setWanted] = useState<Shape | undefined>(undefined);
	const { json, text } = useMemo(() => ({ json: jsonOf(payload), text: textOf(payload) }), [payload]);
	const usual: Shape = json !== undefined ? "json" : text !== undefined ? "text" : "hex";
	const has: Readonly<Record<Shape, boolean>> = { json: json !== undefined, text: text !== undefined, hex: true };
	const shape = wanted !== undefined && has[wanted] ? wanted : usual;
	if (payload.length === 0) return <p class="hint">{say.empty}</p>;
	const shown = shape === "json" ? json! : shape === "text" ? text! : hexLinesOf(payload, MOST_LINES).join("\n");
	return (
		<div class="topics-payload">
			<fieldset class="topics-shapes" aria-label={say.as}>
				{SHAPES.map(each => (
					<button
						key={each}
						type="button"
						disabled={!has[each]}
						aria-pressed={each === shape}
						onClick={() => setWanted(each)}
					>
						{say[each]}
					</button>
				))}
				<span class="hint">{bytesText(payload.length)}</span>
			</fieldset>
			{/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard */}
			<pre class="mono topics-pre" tabIndex={0}>
				{shown}
			</pre>
			{shape === "hex" && payload.length > MOST_LINES * 16 && <p class="hint">{say.cut(bytesText(payload.length))}</p>}
		</div>
	);
}

export function Properties({ properties }: { readonly properties: Uint8Array }) {
	const say = useWords(words);
	const list = propertiesOf(properties);
	if (list.length === 0) return null;
	return (
		<table class="topics-properties">
			<caption class="quiet">{say.properties}</caption>
			<tbody>
				{list.map(({ key, name, value }, i) => (
					<tr key={i}>
						<th scope="row">
							{say.names[name]}
							{key !== undefined && <code> {key}</code>}
						</th>
						<td class="mono">
							{name === "expiry"
								? say.seconds(value)
								: name === "format"
									? (say.formats[Number(value)] ?? value)
									: value}
						</td>
					</tr>
				))}
			</tbody>
		</table>
	);
}
