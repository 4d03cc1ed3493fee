package icecast

// reason explains what happens to an element that has no setting in relay.
type reason struct {
	kind Kind
	why  string
}

// noReason is the reason of an unknown element.
var noReason = reason{Lost, "relay does not know this element"}

// reasons holds the reasons by the name of the element, if necessary with the name of
// its parent.
var reasons = map[string]reason{
	// The server.
	"fileserve":           {Unneeded, "relay serves its streams and its own pages; leave files to a web server"},
	"server-id":           {Unneeded, "relay sends its own name"},
	"server_id":           {Unneeded, "relay sends its own name"},
	"include":             {Lost, "only this file is read; copy the contents of the other file into it"},
	"redirect":            {Lost, "relay sends no listener to another server; above limits.listeners it refuses listeners"},
	"master-redirect":     {Lost, "relay sends no listener to another server"},
	"max-redirect-slaves": {Lost, "relay sends no listener to another server"},
	"master-bind":         {Unneeded, "the system picks the address for outgoing connections"},
	"master-ssl-port":     {Lost, "write https:// in master.url instead"},
	"master-relay-auth":   {Unneeded, "the relay login is sent for the list of mounts only"},
	"relay-auth":          {Unneeded, "the relay login is sent for the list of mounts only"},
	"master/redirect":     {Lost, "relay sends no listener to another server"},
	"master/ssl-port":     {Lost, "write https:// in master.url instead"},
	"icelogin":            {Unneeded, "relay accepts Icecast's and SHOUTcast's logins alike"},
	"port":                {Unneeded, "the ports are those of listen-socket"},
	"bind-address":        {Unneeded, "the addresses are those of listen-socket"},
	"queue-len":           {Unneeded, "the system's own queue of connections is used"},
	"so-sndbuf":           {Unneeded, "relay picks the size of send buffers itself"},
	"so-mss":              {Unneeded, "the system picks the size of packets"},
	"on-demand":           {Lost, "every mount of a master is pulled all the time; a [[relay]] has on_demand"},
	"event-bindings":      {Lost, "relay runs no scripts; mount.listener_auth.on_source tells a web server when a source connects or leaves"},
	"tls-context":         {Lost, "set tls.cert_file and tls.key_file"},
	"authentication/role": {Lost, "roles are Icecast 2.5's; listener_auth asks a web server or an htpasswd file"},

	// Limits.
	"clients":            {Unneeded, "max-listeners limits the listeners"},
	"threadpool":         {Unneeded, "relay needs no pool of threads"},
	"workers":            {Unneeded, "relay uses every core by itself"},
	"min-queue-size":     {Unneeded, "relay has only limits.buffer and burst"},
	"max-bandwidth":      {Lost, "limit the listeners instead: limits.listeners, max_listeners of a mount"},
	"inactivity-timeout": {Unneeded, "relay keeps a mount's settings without a timeout"},
	"body-timeout":       {Unneeded, "relay reads no long requests other than streams"},
	"body-size-limit":    {Unneeded, "relay reads no long requests other than streams"},

	// Paths.
	"basedir":             {Unneeded, "relay has all its pages inside the program"},
	"webroot":             {Unneeded, "relay has all its pages inside the program"},
	"adminroot":           {Unneeded, "relay has all its pages inside the program"},
	"pidfile":             {Unneeded, "systemd or the container engine knows the process"},
	"alias":               {Lost, "relay has no other names for pages or mounts; let a web server in front redirect"},
	"mime-types":          {Unneeded, "relay serves no files"},
	"allow-ip":            {Lost, "relay has no list of permitted addresses; use a firewall or listener_auth"},
	"ssl-allowed-ciphers": {Unneeded, "relay uses the ciphers that count as safe today"},
	"tls-allowed-ciphers": {Unneeded, "relay uses the ciphers that count as safe today"},
	"ssl-cafile":          {Unneeded, "put the chain into the certificate's file"},

	// Logging.
	"accesslog/ip":          {Unneeded, "the access log always has the addresses"},
	"accesslog/type":        {Unneeded, "the access log is in the Combined Log Format"},
	"querystr":              {Unneeded, "the access log has complete requests"},
	"exclude_ext":           {Unneeded, "relay serves no files"},
	"display":               {Unneeded, "the log is not shown on a page"},
	"size":                  {Lost, "one setting applies to all files: log.rotate_size"},
	"archive":               {Lost, "one setting applies to all files: log.rotate_keep"},
	"duration":              {Lost, "a new file is begun by size: log.rotate_size"},
	"logsize":               {Unneeded, "relay writes no such file"},
	"logarchive":            {Unneeded, "relay writes no such file"},
	"errorlog":              {Lost, "relay writes its log to standard error; systemd or the container engine keeps it"},
	"preroll-log":           {Unneeded, "intros are not logged separately"},
	"accesslog_ip":          {Lost, "the access log always has the addresses"},
	"accesslog_exclude_ext": {Unneeded, "relay serves no files"},
	"accesslog_lines":       {Unneeded, "the log is not shown on a page"},
	"errorlog_lines":        {Unneeded, "the log is not shown on a page"},
	"playlistlog_lines":     {Unneeded, "the log is not shown on a page"},
	"memorybacklog":         {Unneeded, "the log is not shown on a page"},

	// Security.
	"chroot":      {Lost, "start relay in a container, or under systemd with ProtectSystem=strict"},
	"changeowner": {Lost, "start relay as that user: User= and Group= in systemd, with AmbientCapabilities=CAP_NET_BIND_SERVICE for ports below 1024"},

	// Directory.
	"yp-url-timeout": {Unneeded, "relay chooses its own time limits"},
	"touch-interval": {Unneeded, "relay reports as often as the directory asks for"},

	// Mounts.
	"mount-name":             {Unneeded, "the default mount has no name"},
	"mount/type":             {Unneeded, "the source sets the type"},
	"subtype":                {Unneeded, "the source sets the type"},
	"bitrate":                {Unneeded, "the bit rate is read from the stream"},
	"listenurl":              {Unneeded, "server.public_url is the address of all mounts"},
	"limit-rate":             {Lost, "relay does not disconnect a source that sends too fast"},
	"max-stream-duration":    {Lost, "a source may stay without a limit"},
	"on-connect":             {Lost, "relay runs no scripts; mount.listener_auth.on_source tells a web server instead"},
	"on-disconnect":          {Lost, "relay runs no scripts; mount.listener_auth.on_source tells a web server instead"},
	"no-mount":               {Lost, "every mount can be listened to; hidden = true keeps it out of the lists"},
	"no-yp":                  {Unneeded, "only a mount with public = true is listed"},
	"cluster-password":       {Unneeded, "directories have not asked for it in years"},
	"mount/source-timeout":   {Lost, "one setting applies to all mounts: limits.source_timeout"},
	"mount/queue-size":       {Lost, "one setting applies to all mounts: limits.buffer"},
	"wait-time":              {Lost, "a source may come back at once"},
	"ban-client":             {Lost, "use auth.deny_ips for bans"},
	"redirect-to":            {Lost, "relay sends no listener to another server"},
	"skip-accesslog":         {Lost, "the access log has every mount"},
	"mount/accesslog":        {Lost, "one setting applies to all mounts: log.access_file"},
	"intro-skip-replay":      {Lost, "every new listener hears the intro"},
	"file-seekable":          {Unneeded, "relay serves no files"},
	"allow-chunked":          {Unneeded, "relay accepts chunked requests from sources, and never sends chunks to listeners"},
	"max-send-size":          {Unneeded, "limits.flush_interval and flush_max decide how much is written at once"},
	"filter-theora":          {Unneeded, "relay refuses sources with video"},
	"ogg-passthrough":        {Unneeded, "relay joins the links of Ogg; mount.chained keeps them"},
	"admin_comments_only":    {Unneeded, "the last title wins, from the stream or by request"},
	"allow-url-ogg-metadata": {Unneeded, "titles by request are always used"},
	"max-history":            {Unneeded, "relay keeps the last titles without a setting"},
	"allow-direct-access":    {Lost, "every mount can be listened to; hidden = true keeps it out of the lists"},
	"mount/allow-ip":         {Lost, "relay has no list of permitted addresses; use a firewall or listener_auth"},

	// Relays.
	"relay-shoutcast-metadata": {Lost, "titles are always used"},
	"relay-icy-metadata":       {Lost, "titles are always used"},
	"retry-delay":              {Unneeded, "relay tries again soon, then at growing intervals"},
	"run-on":                   {Unneeded, "a relay on demand continues for a moment after the last listener leaves"},
	"timeout":                  {Unneeded, "relay chooses its own time limits"},
	"bind":                     {Unneeded, "the system picks the address for outgoing connections"},
}

// reasonFor returns why an element below another has no counterpart.
func reasonFor(e, around *element) reason {
	if r, ok := reasons[around.name+"/"+e.name]; ok {
		return r
	}
	if r, ok := reasons[e.name]; ok {
		return r
	}
	return noReason
}
