package media

import (
	"strings"
)

// kind names the type of a file that is not accepted.
type kind string

// The kinds that have a word of their own.
const (
	kindHEIC, kindAVIF, kindGIF, kindSVG, kindPDF     kind = "heic", "avif", "gif", "svg", "pdf"
	kindBMP, kindTIFF, kindJXL, kindJP2, kindRaw      kind = "bmp", "tiff", "jxl", "jp2", "raw"
	kindICO, kindPSD, kindMOV, kindMKV, kindAVI       kind = "ico", "psd", "mov", "mkv", "avi"
	kindWMV, kindFLV, kind3GP, kindMPEG, kindSound    kind = "wmv", "flv", "3gp", "mpeg", "sound"
	kindPage, kindArchive, kindProgram, kindUnnamable kind = "page", "archive", "program", ""
)

// refuse states what the file is, and what the user can do.
func refuse(k kind) error {
	switch k {
	case kindHEIC:
		return fault(TypeNotAllowed, "This is a HEIC picture, as iPhones make them. Save or export it as JPEG, then upload that.")
	case kindAVIF:
		return fault(TypeNotAllowed, "This is an AVIF picture. Save it as JPEG, PNG or WebP, then upload that.")
	case kindGIF:
		return fault(TypeNotAllowed, "This is a GIF. Save a picture as PNG, or an animation as WebP or MP4, then upload that.")
	case kindSVG:
		return fault(TypeNotAllowed, "This is an SVG drawing. Export it as PNG, then upload that.")
	case kindPDF:
		return fault(TypeNotAllowed, "This is a PDF document. Export the page as PNG or JPEG, then upload that.")
	case kindBMP:
		return fault(TypeNotAllowed, "This is a BMP picture. Save it as PNG, then upload that.")
	case kindTIFF:
		return fault(TypeNotAllowed, "This is a TIFF picture. Save it as JPEG or PNG, then upload that.")
	case kindJXL:
		return fault(TypeNotAllowed, "This is a JPEG XL picture. Save it as JPEG or PNG, then upload that.")
	case kindJP2:
		return fault(TypeNotAllowed, "This is a JPEG 2000 picture. Save it as JPEG or PNG, then upload that.")
	case kindRaw:
		return fault(TypeNotAllowed, "This is a camera's raw picture. Develop it to JPEG, then upload that.")
	case kindICO:
		return fault(TypeNotAllowed, "This is an icon file. Save it as PNG, then upload that.")
	case kindPSD:
		return fault(TypeNotAllowed, "This is a Photoshop document. Export it as PNG or JPEG, then upload that.")
	default:
		return refuseOther(k)
	}
}

// refuseOther is refuse for files that are no pictures.
func refuseOther(k kind) error {
	switch k {
	case kindMOV:
		return fault(TypeNotAllowed, "This is a QuickTime film (MOV), as iPhones record them. Export it as MP4 with H.264, then upload that.")
	case kindMKV:
		return fault(TypeNotAllowed, "This is a Matroska film (MKV), not WebM. Convert it to MP4 or WebM, then upload that.")
	case kindAVI:
		return fault(TypeNotAllowed, "This is an AVI film. Convert it to MP4 with H.264, then upload that.")
	case kindWMV:
		return fault(TypeNotAllowed, "This is a Windows Media file. Convert it to MP4 with H.264, then upload that.")
	case kindFLV:
		return fault(TypeNotAllowed, "This is a Flash film. Convert it to MP4 with H.264, then upload that.")
	case kind3GP:
		return fault(TypeNotAllowed, "This is a 3GP film, as old phones record them. Convert it to MP4 with H.264, then upload that.")
	case kindMPEG:
		return fault(TypeNotAllowed, "This is an MPEG film. Convert it to MP4 with H.264, then upload that.")
	case kindSound:
		return fault(TypeNotAllowed, "This is a sound file. Pictures and films can be uploaded: %s.", typeList())
	case kindPage:
		return fault(TypeNotAllowed, "This is a web page, not a picture. Save the picture itself, then upload that.")
	case kindArchive:
		return fault(TypeNotAllowed, "This is an archive or an office document. Take the pictures out of it, then upload those.")
	case kindProgram:
		return fault(TypeNotAllowed, "This is a program. Pictures and films can be uploaded: %s.", typeList())
	default:
		return fault(TypeNotAllowed, "This is no image or video that can be taken. Those that can: %s.", typeList())
	}
}

// kindOfMIME are the kinds of MIME types that are not accepted.
var kindOfMIME = map[string]kind{
	"image/heic": kindHEIC, "image/heif": kindHEIC, "image/heic-sequence": kindHEIC, "image/heif-sequence": kindHEIC,
	"image/avif": kindAVIF, "image/avif-sequence": kindAVIF, "image/gif": kindGIF, "image/svg+xml": kindSVG, "application/pdf": kindPDF,
	"image/bmp": kindBMP, "image/x-ms-bmp": kindBMP, "image/x-bmp": kindBMP, "image/tiff": kindTIFF, "image/jxl": kindJXL,
	"image/jp2": kindJP2, "image/jpx": kindJP2, "image/x-adobe-dng": kindRaw, "image/x-canon-cr2": kindRaw, "image/x-canon-cr3": kindRaw,
	"image/x-nikon-nef": kindRaw, "image/x-sony-arw": kindRaw, "image/dng": kindRaw,
	"image/x-icon": kindICO, "image/vnd.microsoft.icon": kindICO, "image/vnd.adobe.photoshop": kindPSD,
	"video/quicktime": kindMOV, "video/x-matroska": kindMKV, "video/matroska": kindMKV, "video/x-msvideo": kindAVI, "video/avi": kindAVI,
	"video/x-ms-wmv": kindWMV, "video/x-flv": kindFLV, "video/3gpp": kind3GP, "video/3gpp2": kind3GP, "video/mpeg": kindMPEG, "video/mp2t": kindMPEG,
	"text/html": kindPage, "application/xhtml+xml": kindPage, "application/zip": kindArchive,
}

// kindOfExt are the kinds of extensions that are not accepted.
var kindOfExt = map[string]kind{
	".heic": kindHEIC, ".heif": kindHEIC, ".hif": kindHEIC, ".avif": kindAVIF, ".gif": kindGIF, ".svg": kindSVG, ".svgz": kindSVG, ".pdf": kindPDF,
	".bmp": kindBMP, ".dib": kindBMP, ".tif": kindTIFF, ".tiff": kindTIFF, ".jxl": kindJXL, ".jp2": kindJP2, ".j2k": kindJP2, ".jpx": kindJP2,
	".dng": kindRaw, ".cr2": kindRaw, ".cr3": kindRaw, ".nef": kindRaw, ".arw": kindRaw, ".raf": kindRaw, ".orf": kindRaw, ".rw2": kindRaw, ".pef": kindRaw,
	".ico": kindICO, ".psd": kindPSD, ".mov": kindMOV, ".qt": kindMOV, ".mkv": kindMKV, ".avi": kindAVI, ".wmv": kindWMV, ".flv": kindFLV,
	".3gp": kind3GP, ".3g2": kind3GP, ".mpg": kindMPEG, ".mpeg": kindMPEG, ".m2ts": kindMPEG, ".mts": kindMPEG,
	".mp3": kindSound, ".m4a": kindSound, ".wav": kindSound, ".ogg": kindSound, ".opus": kindSound, ".flac": kindSound, ".aac": kindSound,
	".zip": kindArchive, ".rar": kindArchive, ".7z": kindArchive, ".gz": kindArchive, ".tar": kindArchive,
}

// kindDeclared is the kind of a declared type, or else of an extension.
func kindDeclared(full, ext string) kind {
	if k, ok := kindOfMIME[full]; ok {
		return k
	}
	if strings.HasPrefix(full, "audio/") {
		return kindSound
	}
	return kindOfExt[ext]
}

// signatures are the first bytes of files of a kind.
var signatures = []struct {
	begin string
	kind  kind
}{
	{"GIF8", kindGIF}, {"%PDF", kindPDF}, {"BM", kindBMP}, {"II*\x00", kindTIFF}, {"MM\x00*", kindTIFF}, {"IIU\x00", kindRaw},
	{"\xff\x0a", kindJXL}, {"\x00\x00\x00\x0cJXL ", kindJXL}, {"\x00\x00\x00\x0cjP  ", kindJP2}, {"\xff\x4f\xff\x51", kindJP2},
	{"FUJIFILMCCD-RAW", kindRaw}, {"\x00\x00\x01\x00", kindICO}, {"8BPS", kindPSD}, {"\x30\x26\xb2\x75\x8e\x66\xcf\x11", kindWMV}, {"FLV\x01", kindFLV},
	{"\x00\x00\x01\xba", kindMPEG}, {"\x00\x00\x01\xb3", kindMPEG}, {"ID3", kindSound}, {"OggS", kindSound}, {"fLaC", kindSound},
	{"PK\x03\x04", kindArchive}, {"Rar!", kindArchive}, {"7z\xbc\xaf\x27\x1c", kindArchive}, {"\x1f\x8b", kindArchive},
	{"MZ", kindProgram}, {"\x7fELF", kindProgram},
}

// kindOfContent is the kind of a file by its first bytes.
func kindOfContent(head string) kind {
	for _, s := range signatures {
		if strings.HasPrefix(head, s.begin) {
			return s.kind
		}
	}
	if len(head) >= 12 {
		switch head[:4] + head[8:12] {
		case "RIFFAVI ":
			return kindAVI
		case "RIFFWAVE":
			return kindSound
		}
		switch head[4:8] {
		case "moov", "mdat", "wide", "free", "skip", "pnot": // QuickTime of before ftyp.
			return kindMOV
		}
	}
	return kindOfText(strings.ToLower(strings.TrimLeft(strings.TrimPrefix(head, "\ufeff"), " \t\r\n")))
}

// kindOfText is the kind of a text file by its beginning in lower case. SVG and HTML may contain scripts.
func kindOfText(head string) kind {
	switch {
	case strings.HasPrefix(head, "<svg"), strings.HasPrefix(head, "<?xml") && strings.Contains(head, "<svg"), strings.HasPrefix(head, "<!doctype svg"):
		return kindSVG
	case strings.HasPrefix(head, "<!doctype html"), strings.HasPrefix(head, "<html"):
		return kindPage
	default:
		return kindUnnamable
	}
}

// kindOfBrands is the kind of an ISO base media file that is no MP4.
func kindOfBrands(major string, all []string) kind {
	switch major {
	case "qt  ":
		return kindMOV
	case "M4A ", "M4B ", "M4P ", "F4A ", "F4B ":
		return kindSound
	case "crx ":
		return kindRaw
	}
	for _, b := range all {
		switch {
		case b == "avif" || b == "avis":
			return kindAVIF
		case strings.HasPrefix(b, "hei") || strings.HasPrefix(b, "hev"):
			return kindHEIC
		case strings.HasPrefix(b, "3g"):
			return kind3GP
		}
	}
	for _, b := range all {
		if b == "mif1" || b == "msf1" {
			return kindHEIC
		}
	}
	return kindUnnamable
}
