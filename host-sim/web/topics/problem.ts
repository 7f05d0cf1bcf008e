// Why something cannot be published or subscribed to, in a sentence.

import type { FilterProblem, FormProblem } from "./draft.js";

type Problem = FormProblem["problem"] | FilterProblem;

export const PROBLEMS: Readonly<Record<"en" | "zh", Readonly<Record<Problem, string>>>> = {
	en: {
		empty: "It needs at least one character.",
		null: "The character U+0000 is not allowed.",
		surrogate: "There is half a character in it that no UTF-8 can say.",
		long: "It is longer than 65,535 bytes.",
		wildcard: "A message goes to one topic: + and # are for subscriptions only.",
		hash: "# stands for all levels from there on: it must be the last level, and alone in it, as in a/b/#.",
		plus: "+ stands for one whole level: it must be alone in it, as in a/+/c.",
		share: "A shared subscription is $share/name/filter, with a name without + and #.",
		shareLocal: "No Local is not for a shared subscription.",
		json: "That is no JSON.",
		hex: "That is no hexadecimal.",
		expiry: "Expected whole seconds, from 0 to 4,294,967,295.",
	},
	zh: {
		empty: "至少需要一个字符。",
		null: "不允许出现字符 U+0000。",
		surrogate: "其中有半个字符，无法用 UTF-8 表示。",
		long: "超过 65,535 字节。",
		wildcard: "消息只能发往一个主题：+ 和 # 只用于订阅。",
		hash: "# 代表此后的所有层级：必须是最后一级，并单独占一级，例如 a/b/#。",
		plus: "+ 代表完整的一级：必须单独占一级，例如 a/+/c。",
		share: "共享订阅的格式是 $share/名称/过滤器，名称中不能有 + 和 #。",
		shareLocal: "共享订阅不能使用 No Local。",
		json: "这不是 JSON。",
		hex: "这不是十六进制。",
		expiry: "应为整数秒，范围 0 到 4,294,967,295。",
	},
};
