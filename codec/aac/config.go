package aac

// element is the kind of a part of a raw_data_block, id_syn_ele (§4.5.2.1).
type element int

const (
	sce element = iota // a channel
	cpe                // two channels
	cce                // a channel to be mixed into others
	lfe                // the channel of low frequencies
	dse                // any data
	pce                // what the channels are
	fil                // fill bytes, or an extension such as SBR
	end
)

// part is an element with audio.
type part struct {
	element
	tag int // element_instance_tag, which tells parts of one kind apart
}

// config is what a raw_data_block consists of.
type config struct {
	bytes []byte // the PCE, if it takes one
	parts []part
}

// configs are those of channel_configuration 1 to 7 (§1.6.3.5, table 1.19).
var configs = [...]config{
	1: {parts: []part{{sce, 0}}},
	2: {parts: []part{{cpe, 0}}},
	3: {parts: []part{{sce, 0}, {cpe, 0}}},
	4: {parts: []part{{sce, 0}, {cpe, 0}, {sce, 1}}},
	5: {parts: []part{{sce, 0}, {cpe, 0}, {cpe, 1}}},
	6: {parts: []part{{sce, 0}, {cpe, 0}, {cpe, 1}, {lfe, 0}}},
	7: {parts: []part{{sce, 0}, {cpe, 0}, {cpe, 1}, {cpe, 2}, {lfe, 0}}},
}

// count returns the number of channels.
func (c config) count() (n int) {
	for _, p := range c.parts {
		n++
		if p.element == cpe {
			n++
		}
	}
	return n
}

// readConfig reads the PCE that block, a raw_data_block, begins with (§4.4.1.1, table
// 4.2). ok is false if there is none.
func readConfig(block []byte) (c config, ok bool) {
	r := reader{b: block}
	if element(r.read(3)) != pce {
		return config{}, false
	}
	r.read(4 + 2 + 4) // element_instance_tag, object_type, sampling_frequency_index
	front, side, back, low, data, coupling := r.read(4), r.read(4), r.read(4), r.read(2), r.read(3), r.read(4)
	for _, bits := range [...]int{4, 4, 3} { // mono and stereo mixdown, matrix mixdown
		if r.flag() {
			r.read(bits)
		}
	}
	for range front + side + back {
		p := part{sce, 0}
		if r.flag() {
			p.element = cpe
		}
		p.tag = r.read(4)
		c.parts = append(c.parts, p)
	}
	for range low {
		c.parts = append(c.parts, part{lfe, r.read(4)})
	}
	r.read(4*data + 5*coupling)
	r.align()
	if r.over() || len(c.parts) == 0 {
		return config{}, false
	}
	// A comment follows, led by its length.
	c.bytes = append(append([]byte(nil), block[:r.at/8]...), 0)
	return c, true
}
