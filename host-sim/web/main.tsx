// Where the page begins.

import { render } from "preact";
import { App } from "./app.js";
import { Session } from "./model/session.js";
import { historyOf } from "./readings/history.js";
import { recognitionsOf } from "./recognition/recognitions.js";
import "./style.css";
import { takeToken } from "./token.js";
import { tongue } from "./words.js";

tongue.set(tongue.language);
const session = new Session({ origin: location.origin, token: takeToken() });
// So that charts and answers are known from before somebody looked at them.
historyOf(session);
recognitionsOf(session);
session.open();
render(<App session={session} />, document.getElementById("page")!);
