package api

import (
	_ "embed"
)

// OpenAPI is the description of the API (OpenAPI 3.1).
//
//go:embed openapi.json
var OpenAPI []byte

// openAPI answers with the description of the API.
func (h *Handlers) openAPI(c *call) error {
	c.w.Header().Set("Content-Type", jsonType)
	c.w.Write(OpenAPI)
	return nil
}
