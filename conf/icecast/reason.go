package icecast

// reason says what becomes of an element that relay has no setting for.
type reason struct {
	kind Kind
	why  string
}

// noReason is that of an element nobody here has heard of.
var noReason = reason{Lost, "relay knows no such element"}

// reasons are by the name of the element, where needed with that of the one
// around it.
var reasons = map[string]reason{
	// The server.
	"fileserve":           {Unneeded, "relay serves its streams and its own pages; leave files to a web server"},
	"server-id":           {Unneeded, "relay says its own name"},
	"server_id":           {Unneeded, "relay says its own name"},
	"http-headers":        {Unneeded, "relay's answers may be read by pages of every origin anyway; other headers are a web server's in front"},
	"include":             {Lost, "only this one file is read; put what the other says in here"},
	"redirect":            {Lost, "relay sends no listener to another server; limits.listeners turns away whom it cannot serve"},
	"master-redirect":     {Lost, "relay sends no listener to another server"},
	"max-redirect-slaves": {Lost, "relay sends no listener to another server"},
	"master-bind":         {Unneeded, "the system picks the address to call from"},
	"master-ssl-port":     {Lost, "write https:// in master.url instead"},
	"master-relay-auth":   {Unneeded, "the relay login is sent for the list of mounts only"},
	"relay-auth":          {Unneeded, "the relay login is sent for the list of mounts only"},
	"master/redirect":     {Lost, "relay sends no listener to another server"},
	"master/ssl-port":     {Lost, "write https:// in master.url instead"},
	"icelogin":            {Unneeded, "relay takes Icecast's and SHOUTcast's ways to log in alike"},
	"port":                {Unneeded, "the ports are those of listen-socket"},
	"bind-address":        {Unneeded, "the addresses are those of listen-socket"},
	"queue-len":           {Unneeded, "the system's own queue of connections is used"},
	"so-sndbuf":           {Unneeded, "relay picks the size of send buffers itself"},
	"so-mss":              {Unneeded, "the system picks the size of packets"},
	"on-demand":           {Lost, "every mount of a master is pulled all the time; a [[relay]] has on_demand"},
	"event-bindings":      {Lost, "relay runs no scripts; mount.listener_auth.on_source tells a web server when a source comes or goes"},
	"tls-context":         {Lost, "set tls.cert_file and tls.key_file"},
	"authentication/role": {Lost, "roles are Icecast 2.5's; listener_auth asks a web server or an htpasswd file"},

	// Limits.
	"clients":            {Unneeded, "max-listeners says how many may listen"},
	"threadpool":         {Unneeded, "relay serves everybody without a pool of threads"},
	"workers":            {Unneeded, "relay uses every core by itself"},
	"min-queue-size":     {Unneeded, "limits.buffer and burst are all there is to set"},
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
	"allow-ip":            {Lost, "there is no list of those who alone may listen; a firewall or listener_auth does that"},
	"ssl-allowed-ciphers": {Unneeded, "relay takes the ciphers that are held safe today"},
	"tls-allowed-ciphers": {Unneeded, "relay takes the ciphers that are held safe today"},
	"ssl-cafile":          {Unneeded, "put the chain into the certificate's file"},

	// Logging.
	"accesslog/ip":          {Unneeded, "the access log always has the addresses"},
	"accesslog/type":        {Unneeded, "the access log is in the Combined Log Format"},
	"querystr":              {Unneeded, "the access log has whole requests"},
	"exclude_ext":           {Unneeded, "relay serves no files"},
	"display":               {Unneeded, "the log is not shown on a page"},
	"size":                  {Lost, "there is one for all files: log.rotate_size"},
	"archive":               {Lost, "there is one for all files: log.rotate_keep"},
	"duration":              {Lost, "a new file is begun by size: log.rotate_size"},
	"logsize":               {Unneeded, "there is no file that would grow"},
	"logarchive":            {Unneeded, "there is no file that would grow"},
	"errorlog":              {Lost, "relay writes its log to standard error; systemd or the container engine keeps it"},
	"preroll-log":           {Unneeded, "intros are not logged on their own"},
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
	"yp-url-timeout": {Unneeded, "relay waits as long as makes sense"},
	"touch-interval": {Unneeded, "relay calls as often as the directory asks for"},

	// Mounts.
	"mount-name":             {Unneeded, "the default mount has no name"},
	"mount/type":             {Unneeded, "the type is what the source sends"},
	"subtype":                {Unneeded, "the type is what the source sends"},
	"bitrate":                {Unneeded, "the bit rate is read from the stream"},
	"listenurl":              {Unneeded, "server.public_url is the address that is shown, for all mounts"},
	"limit-rate":             {Lost, "relay does not end a source that sends too fast"},
	"max-stream-duration":    {Lost, "a source may stay as long as it likes"},
	"on-connect":             {Lost, "relay runs no scripts; mount.listener_auth.on_source tells a web server instead"},
	"on-disconnect":          {Lost, "relay runs no scripts; mount.listener_auth.on_source tells a web server instead"},
	"no-mount":               {Lost, "every mount can be listened to; hidden = true keeps it out of the lists"},
	"no-yp":                  {Unneeded, "only a mount with public = true is listed"},
	"cluster-password":       {Unneeded, "directories have not asked for it in years"},
	"mount/source-timeout":   {Lost, "there is one for all mounts: limits.source_timeout"},
	"mount/queue-size":       {Lost, "there is one for all mounts: limits.buffer"},
	"wait-time":              {Lost, "a source may come back at once"},
	"ban-client":             {Lost, "bans are made with auth.deny_ips"},
	"redirect-to":            {Lost, "relay sends no listener to another server"},
	"skip-accesslog":         {Lost, "the access log has every mount"},
	"mount/accesslog":        {Lost, "there is one for all mounts: log.access_file"},
	"intro-skip-replay":      {Lost, "whoever comes gets the intro"},
	"file-seekable":          {Unneeded, "relay serves no files"},
	"allow-chunked":          {Unneeded, "relay takes chunks from sources, and sends listeners none"},
	"max-send-size":          {Unneeded, "limits.flush_interval decides how much is written at once"},
	"filter-theora":          {Unneeded, "relay carries MP3"},
	"ogg-passthrough":        {Unneeded, "relay carries MP3"},
	"admin_comments_only":    {Unneeded, "relay carries MP3"},
	"allow-url-ogg-metadata": {Unneeded, "relay carries MP3"},
	"max-history":            {Unneeded, "relay keeps the last titles by itself"},
	"allow-direct-access":    {Lost, "every mount can be listened to; hidden = true keeps it out of the lists"},
	"mount/allow-ip":         {Lost, "there is no list of those who alone may listen; a firewall or listener_auth does that"},

	// Relays.
	"relay-shoutcast-metadata": {Lost, "titles are always taken over"},
	"relay-icy-metadata":       {Lost, "titles are always taken over"},
	"retry-delay":              {Unneeded, "relay tries again soon, and then less and less often"},
	"run-on":                   {Unneeded, "a relay on demand stays a moment when the last listener leaves"},
	"timeout":                  {Unneeded, "relay waits as long as makes sense"},
	"bind":                     {Unneeded, "the system picks the address to call from"},
}

// reasonFor is why an element below another has no counterpart.
func reasonFor(e, around *element) reason {
	if r, ok := reasons[around.name+"/"+e.name]; ok {
		return r
	}
	if r, ok := reasons[e.name]; ok {
		return r
	}
	return noReason
}
