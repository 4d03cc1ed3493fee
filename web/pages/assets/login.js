import { logIn } from "./api.js";

const form = document.getElementById("login");
const problem = document.getElementById("problem");

form.addEventListener("submit", async event => {
	event.preventDefault();
	const button = form.querySelector("button");
	button.disabled = true;
	problem.hidden = true;
	try {
		await logIn(form.user.value, form.password.value, form.dataset.mount);
		location.reload();
	} catch (error) {
		problem.textContent = error.status === 401 ? "Wrong user or password." : error.message;
		problem.hidden = false;
		button.disabled = false;
		form.password.select();
	}
});
