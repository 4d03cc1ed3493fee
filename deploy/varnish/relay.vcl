# Varnish as a cache for HLS in front of relay: relay answers each segment once, and Varnish
# all who ask for it. /etc/varnish/default.vcl
#
# relay.toml needs:
#   [server]
#   listen          = ["127.0.0.1:8000"]
#   public_url      = "http://radio.example.org"
#   trusted_proxies = ["127.0.0.1"]
#
# Sources connect to relay itself: Varnish does not pass on an ICE/1.0 or a SHOUTcast login.

vcl 4.1;

backend relay {
    .host = "127.0.0.1";
    .port = "8000";
}

sub vcl_recv {
    set sess.timeout_idle = 15s; # players come back every 6 s, on the same connection

    # A segment never changes, and all listeners have the same. Varnish keeps it by its
    # Cache-Control, and keeps no 404. It cuts ranges itself.
    if (req.url ~ "/hls/[0-9a-f]{16}-[0-9]+\.(mp3|aac)$" && (req.method == "GET" || req.method == "HEAD")) {
        return (hash);
    }
    # Playlists are not cached: relay counts listeners by their requests for them.
    if (req.url ~ "\.m3u8(\?.*)?$") {
        return (pass);
    }
    # Pages, and streams, which have no end.
    return (pipe);
}
