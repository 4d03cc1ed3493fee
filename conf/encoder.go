package conf

// doubtEncoder warns of the settings that need an encoder, if probe says why there is
// none.
func (c *Config) doubtEncoder(r *reader, probe func() string) {
	var renditions, formats []path
	for i, m := range c.Mounts {
		mount := path{}.key("mount").item(i)
		if m.Format != (Format{}) {
			formats = append(formats, mount.key("format"))
		}
		if m.Files.Codec != "" {
			formats = append(formats, mount.key("files").key("codec"))
		}
		for n, rendition := range m.Renditions {
			if rendition.Command == "" {
				renditions = append(renditions, mount.key("rendition").item(n).key("bitrate"))
			}
		}
	}
	if probe == nil || len(renditions)+len(formats) == 0 {
		return
	}
	problem := probe()
	if problem == "" {
		return
	}
	for _, p := range formats {
		r.warn(p, "%s: inputs of another format play only if there is nothing else, and those of another codec not at all; install it, as by apt install ffmpeg", problem)
	}
	for _, p := range renditions {
		r.warn(p, "%s: this rendition plays nothing; install it, as by apt install ffmpeg, or give it a command", problem)
	}
}
