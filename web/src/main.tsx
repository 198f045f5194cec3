import {render} from "preact";

import {App} from "./app/app";
import {memory} from "./app/memory";
import {chooseLanguage} from "./text/language";
import {Page} from "./ui/page";

const root = document.getElementById("page");
if (root) {
  chooseLanguage();
  const draw = () => render(<Page app={app} />, root);
  const app = new App(draw);
  if (memory.nick !== "") app.join(memory.nick);
  draw();
}
