import { expect, it } from "vitest";
import { escaped } from "../../../host-sim/report/markup.js";

it("makes text of whatever it is given", () => {
	expect(escaped(`<a href='x'>"&amp;"</a>`)).toBe("&lt;a href=&#39;x&#39;&gt;&quot;&amp;amp;&quot;&lt;/a&gt;");
	expect(escaped("a\0b\x1bc\ud800d\uffffe\tf\n")).toBe("a\ufffdb\ufffdc\ufffdd\ufffde\tf\n");
});
