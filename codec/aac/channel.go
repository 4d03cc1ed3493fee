package aac

import (
	"math"
	"slices"
)

// bands are the scalefactor bands of a channel.
type bands struct {
	groups int  // of windows
	most   int  // max_sfb, bands in a group
	short  bool // eight windows
}

// readBands reads ics_info (§4.4.2.1, table 4.6). ok is false if there is prediction,
// whose length takes tables.
func readBands(r *reader) (b bands, ok bool) {
	r.read(1)
	b.short = r.read(2) == 2
	r.read(1) // window_shape
	b.groups = 1
	if !b.short {
		b.most = r.read(6)
		return b, !r.flag()
	}
	b.most = r.read(4)
	for range 7 { // scale_factor_grouping: 0 begins a group
		b.groups += 1 - r.read(1)
	}
	return b, true
}

// readPair reads a CPE as far as it is silent.
func readPair(r *reader) (power float64, silent bool) {
	var shared *bands
	if r.flag() { // common_window
		b, ok := readBands(r)
		if !ok {
			return 0, false
		}
		if r.read(2) == 1 { // ms_mask_present
			r.at += b.groups * b.most
		}
		shared = &b
	}
	for range 2 {
		if power, silent = readChannel(r, shared); !silent {
			break
		}
	}
	return power, silent
}

// maxBands is the most that a channel has: 51 of a long window, or 15 in each of eight.
const maxBands = 8 * 15

// readChannel reads an individual_channel_stream (table 4.50): up to its end if it is
// silent, or else far enough to estimate its power, where 1 is a sine at full scale.
func readChannel(r *reader, shared *bands) (power float64, silent bool) {
	gain := r.read(8)
	b := bands{}
	if shared != nil {
		b = *shared
	} else {
		var ok bool
		if b, ok = readBands(r); !ok {
			return 0, false
		}
	}
	var list [maxBands]int
	books := readBooks(r, b, list[:0])
	if !slices.ContainsFunc(books, func(book int) bool { return book != zeroBook }) {
		// pulse_data_present, tns_data_present and gain_control_data_present
		return 0, r.read(3) == 0
	}
	return readPower(r, gain, books), false
}

// The codebooks that say how to make a band's values, rather than how they are coded
// (table 4.95).
const (
	zeroBook      = 0
	noiseBook     = 13
	intensityBook = 14 // and 15: as in the other channel
)

// readBooks reads section_data (table 4.52), the codebook of each band.
func readBooks(r *reader, b bands, books []int) []int {
	bits := 5
	if b.short {
		bits = 3
	}
	for range b.groups {
		for n := 0; n < b.most; {
			book, length := r.read(4), 0
			for more := true; more && !r.over(); {
				add := r.read(bits)
				length += add
				more = add == 1<<bits-1
			}
			if length == 0 || n+length > b.most {
				return books // damaged
			}
			for range length {
				books = append(books, book)
			}
			n += length
		}
	}
	return books
}

// largest holds the logarithm to base 2 of the largest value of each codebook, in all
// but 11, which has an escape for larger ones (table 4.95).
var largest = [12]float64{0, 0, 0, 1, 1, 2, 2, 2.8, 2.8, 3.6, 3.6, 5}

// fullScale is the scalefactor at which a value of 1 is about a sine at full scale.
const fullScale = 198

// readPower reads scale_factor_data (table 4.53) and adds up the power of all bands.
// Values are to the power of 4/3, and a scalefactor is a step of 1.5 dB (§4.6.2.3).
func readPower(r *reader, gain int, books []int) (power float64) {
	noise, noisy := gain-90, false
	for _, book := range books {
		if book == zeroBook {
			continue
		}
		difference, ok := 0, true
		if book == noiseBook && !noisy {
			difference, noisy = r.read(9)-256, true
		} else if difference, ok = readScale(r); !ok {
			break
		}
		switch {
		case book == noiseBook:
			noise += difference
			power += math.Exp2(float64(noise+100-fullScale) / 2) // the sum of squares itself
		case book < noiseBook:
			gain += difference
			power += math.Exp2(float64(gain-fullScale)/2 + 8./3*largest[min(book, len(largest)-1)])
		}
	}
	return power
}
