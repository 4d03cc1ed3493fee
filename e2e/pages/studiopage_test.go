package pages

import (
	"io"
	"strings"
	"testing"

	"relay/e2e/harness"
)

func TestStudio(t *testing.T) {
	t.Parallel()
	r := harness.Start(t, harness.Config+"[[mount]]\nname = '/other'\nsource_user = 'dj'\nsource_password = 'own'\n")
	c := startChromium(t)
	c.open(t, r.URL("/dj/live"))
	c.logIn(t, "source", "wrong")
	c.wait(t, `document.getElementById("problem").textContent === "Wrong user or password."`)
	c.enter(t, "[name=password]", "hackme")
	c.click(t, "#login button")
	c.wait(t, `document.getElementById("light")?.textContent === "Off air"`)

	refused := r.Dial(t)
	io.WriteString(refused, "SOURCE /live HTTP/1.0\r\nAuthorization: "+harness.Basic("source", "hackmee")+"\r\nUser-Agent: butt of the DJ\r\n\r\n")
	c.wait(t, `/password/.test(document.getElementById("why").textContent) && document.getElementById("who").textContent.includes("butt of the DJ")`)

	stop := make(chan struct{})
	defer close(stop)
	go r.Encode(t, "/live", "User-Agent: butt").Play(stop)
	c.wait(t, `document.getElementById("light").textContent === "On air" && document.querySelectorAll("#strip rect").length > 1`)
	r.Tune(t, "/live")
	c.wait(t, `document.getElementById("listeners").textContent === "1" && Math.abs(Number(document.getElementById("bitrate").textContent) - 128) < 40`)
	c.enter(t, "#text", "Anna - By hand")
	c.click(t, "#title button")
	c.wait(t, `document.getElementById("titles").textContent.includes("Anna - By hand")`)

	if status := evaluate[int](t, c, `fetch("/dj/other").then(answer => answer.status)`); status != 401 {
		t.Errorf("the login of /live opens the studio of /other: %d", status)
	}
	c.click(t, "#logout")
	c.wait(t, `document.getElementById("login")`)
}

// Text from strangers (titles, names, programs) stays text on every page.
func TestForeignTextStaysText(t *testing.T) {
	t.Parallel()
	const evil = `<img src=x onerror="window.caught=1"><script>window.caught=1</script>"'&`
	const mount = "/a%3Cimg%20src=x%20onerror=%22window.caught=1%22%3E"
	r := harness.Start(t, harness.Config)
	stop := make(chan struct{})
	defer close(stop)
	go r.Encode(t, "/live", "Ice-Name: "+evil, "Ice-Description: "+evil, "Ice-Genre: "+evil, "Ice-Url: javascript:window.caught=1", "User-Agent: "+evil).Play(stop)
	if odd := r.Connect(t, "PUT "+mount+" HTTP/1.1\r\nHost: radio\r\nAuthorization: "+harness.Basic("source", "hackme")+"\r\nContent-Type: audio/mpeg\r\n\r\n"); strings.Contains(odd.Answer, " 200 ") {
		go odd.Play(stop)
	} else {
		t.Logf("a mount of that name is not taken: %s", odd.Answer)
	}
	r.SetTitle(t, "/live", evil)
	listener := r.Ask(t, "GET /live HTTP/1.1\r\nUser-Agent: "+evil+"\r\n\r\n")
	go io.Copy(io.Discard, listener.Conn) // a listener that reads nothing would be dropped
	r.SetTitle(t, "/live", evil+" - "+evil)

	c := startChromium(t)
	harmless := func(page, shows string) {
		t.Helper()
		c.wait(t, `document.body.innerText.includes(`+shows+`)`)
		if evaluate[bool](t, c, `"caught" in window || document.querySelector("img[src=x]") !== null || document.querySelector("a[href^='javascript:']") !== null`) {
			t.Errorf("%s: foreign text became markup", page)
		}
	}
	const image = "`<img src=x onerror=\"window.caught=1\">`"
	for _, page := range []string{"/", "/player/live", "/status.xsl"} {
		c.open(t, r.URL(page))
		harmless(page, image)
	}
	c.open(t, r.URL("/dj/live"))
	c.logIn(t, "source", "hackme")
	c.wait(t, `document.getElementById("titles")`)
	harmless("studio", image)
	operate(t, r, c)
	for _, view := range []string{"#/", "#/mounts/live", "#/log"} {
		evaluate[any](t, c, "location.hash = '"+view+"'")
		harmless(view, image)
	}
	evaluate[any](t, c, "location.hash = '#/mounts/live'")
	c.wait(t, `document.querySelector(".tabs [data-tab=listeners]")`)
	c.click(t, ".tabs [data-tab=listeners]")
	c.wait(t, `document.querySelector("#listeners .agent")?.textContent.startsWith("<img")`)
	harmless("listeners", image)
	evaluate[any](t, c, "location.hash = '#/reports'")
	c.wait(t, `document.querySelector("[data-kind=titles]")`)
	evaluate[any](t, c, `document.querySelector("[data-kind=titles]").click()`)
	harmless("reports", image)
}
