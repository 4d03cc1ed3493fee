// Package charset finds character encodings by the names that programs, files and
// people use for them.
//
//	in:   "cp949", "latin9", "ISO_8859-1", "win1251"…
//	out:  the encoding, or nil
package charset

import (
	"strconv"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/unicode"
)

// maxName is the maximum length of a name that is looked up, in bytes.
const maxName = 64

// UTF8 is the encoding that Find returns for UTF-8.
var UTF8 encoding.Encoding = unicode.UTF8

// Find returns the encoding of a name, or nil if the name is unknown. It knows the
// labels of the WHATWG Encoding Standard, the names that IANA registers, code pages by
// number ("cp949", "windows-949", "ms949", "949") and other names in use, in any case
// and with any punctuation. "ISO-8859-1" is windows-1252, as everywhere on the web:
// text with that label often uses the quotes of windows-1252.
func Find(name string) encoding.Encoding {
	name = strings.Trim(name, " \t\"'")
	if name == "" || len(name) > maxName {
		return nil
	}
	if e := standard(name); e != nil {
		return e
	}
	plain := bare(name)
	if e := standard(plain); e != nil {
		return e
	}
	if e := standard(aliases[plain]); e != nil {
		return e
	}
	if e := codePage(plain); e != nil {
		return e
	}
	if e, err := ianaindex.IANA.Encoding(name); err == nil {
		return e // nil: registered, but not implemented
	}
	return nil
}

// standard returns the encoding of a label of the WHATWG Encoding Standard, without the
// two that are not for text: one replaces everything, one maps bytes to private use.
func standard(label string) encoding.Encoding {
	e, err := htmlindex.Get(label)
	if err != nil || e == encoding.Replacement || e == charmap.XUserDefined {
		return nil
	}
	return e
}

// bare returns the letters and digits of a name in lower case.
func bare(name string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case '0' <= c && c <= '9', 'a' <= c && c <= 'z':
			return c
		case 'A' <= c && c <= 'Z':
			return c + 'a' - 'A'
		}
		return -1
	}, name)
}

// aliases maps bare names that the standard does not list to its labels.
var aliases = map[string]string{
	"latin2": "iso-8859-2", "latin3": "iso-8859-3", "latin4": "iso-8859-4", "latin5": "windows-1254", "latin6": "iso-8859-10",
	"latin7": "iso-8859-13", "latin8": "iso-8859-14", "latin9": "iso-8859-15", "latin0": "iso-8859-15", "latin10": "iso-8859-16",
	"isolatin1": "windows-1252", "isolatin2": "iso-8859-2", "isolatin9": "iso-8859-15", "western": "windows-1252", "ansi": "windows-1252",
	"iso646us": "windows-1252", "us": "windows-1252", "utf8": "utf-8", "utf8bom": "utf-8", "utf8sig": "utf-8", "utf8mb3": "utf-8",
	"utf8mb4": "utf-8", "ucs2": "utf-16le", "ucs2le": "utf-16le", "ucs2be": "utf-16be", "utf16le": "utf-16le", "utf16be": "utf-16be",
	"koi8r": "koi8-r", "koi8u": "koi8-u", "koi8ru": "koi8-u", "koi8": "koi8-r", "cyrillic": "iso-8859-5", "greek": "iso-8859-7",
	"hebrew": "iso-8859-8", "arabic": "iso-8859-6", "turkish": "windows-1254", "thai": "windows-874", "tis620": "windows-874",
	"macroman": "macintosh", "macintosh": "macintosh", "mac": "macintosh", "macosroman": "macintosh", "maccyrillic": "x-mac-cyrillic",
	"xmaccyrillic": "x-mac-cyrillic", "macukrainian": "x-mac-cyrillic", "sjis": "shift_jis", "shiftjis": "shift_jis",
	"mskanji": "shift_jis", "shiftjisx0213": "shift_jis", "eucjp": "euc-jp", "eucjpms": "euc-jp", "ujis": "euc-jp",
	"iso2022jp": "iso-2022-jp", "jis": "iso-2022-jp", "euckr": "euc-kr", "uhc": "euc-kr", "ksc5601": "euc-kr", "ksx1001": "euc-kr",
	"korean": "euc-kr", "gb2312": "gbk", "euccn": "gbk", "gbk": "gbk", "gb": "gbk", "gb18030": "gb18030", "chinese": "gbk",
	"big5": "big5", "big5hkscs": "big5", "big5eten": "big5", "euctw": "big5",
}

// codePage returns the encoding of a bare name with the number of a code page or of a
// part of ISO 8859: "cp949", "windows1251", "949", "iso88599".
func codePage(plain string) encoding.Encoding {
	word := strings.TrimRight(plain, "0123456789")
	digits := plain[len(word):]
	switch strings.TrimPrefix(strings.TrimPrefix(word, "cs"), "x") {
	case "", "cp", "windows", "win", "ms", "mswin", "mscp", "ibm", "ibmcp", "dos", "codepage", "ansi", "oem", "iso", "isoir":
	default:
		return nil
	}
	if part, ok := strings.CutPrefix(digits, "8859"); ok && part != "" {
		return standard("iso-8859-" + part)
	}
	number, err := strconv.Atoi(digits)
	if err != nil {
		return nil
	}
	if e := codePages[number]; e != nil {
		return e
	}
	switch {
	case 1250 <= number && number <= 1258, number == 874:
		return standard("windows-" + digits)
	case 28591 <= number && number <= 28606:
		return standard("iso-8859-" + strconv.Itoa(number-28590))
	}
	return standard(codePageLabels[number])
}

// codePages are the code pages that the standard lacks.
var codePages = map[int]encoding.Encoding{
	37: charmap.CodePage037, 437: charmap.CodePage437, 850: charmap.CodePage850, 852: charmap.CodePage852, 855: charmap.CodePage855,
	858: charmap.CodePage858, 860: charmap.CodePage860, 862: charmap.CodePage862, 863: charmap.CodePage863, 865: charmap.CodePage865,
	1047: charmap.CodePage1047, 1140: charmap.CodePage1140,
}

var codePageLabels = map[int]string{
	866: "ibm866", 932: "shift_jis", 936: "gbk", 943: "shift_jis", 949: "euc-kr", 950: "big5", 951: "big5", 1200: "utf-16le", 1201: "utf-16be",
	10000: "macintosh", 10007: "x-mac-cyrillic", 20127: "windows-1252", 20866: "koi8-r", 20932: "euc-jp", 21866: "koi8-u",
	50220: "iso-2022-jp", 50221: "iso-2022-jp", 50222: "iso-2022-jp", 51932: "euc-jp", 51936: "gbk", 51949: "euc-kr",
	54936: "gb18030", 65001: "utf-8",
}
