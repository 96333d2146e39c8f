package chat

import (
	"unicode/utf8"

	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/file"
)

// maxPictureBytes is the most that the pictures of a request may have together. Providers take requests of 20 MB
// or more; what is held in memory for each reply stays small.
const maxPictureBytes = 20_000_000

// messageSize is what a message requires of the model that reads it.
type messageSize struct {
	chars        int
	pictures     int
	pictureBytes int64
	// unseen says that the message carries something that no model sees, such as a video.
	unseen bool
}

func measureMessage(said string, carried []file.Attached) messageSize {
	b := messageSize{chars: utf8.RuneCountInString(said)}
	for _, a := range carried {
		if !a.IsImage() {
			b.unseen = true
			continue
		}
		b.pictures++
		b.pictureBytes += a.Bytes()
	}
	return b
}

// tooMuch says why a model cannot take what a message carries; empty when it can.
func (b messageSize) tooMuch(m catalog.Model) errs.Text {
	switch {
	case b.unseen:
		return errs.Textf("Models see PNG, JPEG and WebP images, and nothing else that is attached. Send the message without the rest.")
	case b.pictureBytes > maxPictureBytes:
		return errs.Textf("The images of a message may have %d MB together.", maxPictureBytes/1_000_000)
	case b.pictures > 0 && !m.Can(catalog.ImageInput):
		return errs.Textf("The model %s cannot see images. Choose one with the capability IMAGE_INPUT.", m.ID)
	}
	return errs.Text{}
}

// tooLong says why a message is too long for a model; empty when it is not.
func (b messageSize) tooLong(m catalog.Model) errs.Text {
	if b.chars <= m.MaxInputChars {
		return errs.Text{}
	}
	return errs.Textf("The model %s takes messages of at most %d characters.", m.ID, m.MaxInputChars)
}

// fits says whether a model can take a message.
func (b messageSize) fits(m catalog.Model) bool {
	return b.tooMuch(m).IsZero() && b.tooLong(m).IsZero()
}

// check refuses a new message that its models cannot take.
func (c choice) check(b messageSize) error {
	if why := b.tooLong(c.model); !why.IsZero() {
		return errs.InputText(errs.TooLong, "text", why)
	}
	if why := b.tooMuch(c.model); !why.IsZero() {
		return errs.InputText(errs.NotSupported, "attachmentIds", why)
	}
	return c.checkFallback(b)
}

// checkAgain refuses to have a message that stands already answered by models that cannot take it.
func (c choice) checkAgain(b messageSize) error {
	why := b.tooMuch(c.model)
	if why.IsZero() {
		why = b.tooLong(c.model)
	}
	if !why.IsZero() {
		return errs.InputText(errs.NotSupported, "modelId", why)
	}
	return c.checkFallback(b)
}

func (c choice) checkFallback(b messageSize) error {
	if c.fallback == nil || b.fits(*c.fallback) {
		return nil
	}
	return errs.Input(errs.NotSupported, "fallbackModelId", "The model %s cannot take this message: it is too long for it, or has images that it cannot see.", c.fallback.ID)
}
