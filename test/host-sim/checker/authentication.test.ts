import { authenticationBreaches } from "../../support/breaches/connect.js";
import { itFinds } from "../../support/breaches.js";

itFinds(authenticationBreaches);
