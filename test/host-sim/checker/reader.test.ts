import { textBreaches } from "../../support/breaches/encoding.js";
import { itFinds } from "../../support/breaches.js";

itFinds(textBreaches);
