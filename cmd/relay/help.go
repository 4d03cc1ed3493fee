package main

const usage = `relay, a radio server

  relay                     on the air at once: port 8000, mount /live, passwords made for this run
  relay FILE.mp3 | FOLDER   the same, with your music whenever no DJ is connected
  relay -c relay.toml       with a configuration (relay.example.toml shows all of it)
  relay -listen :9000       on another port (wins over the configuration)
  relay check -c relay.toml says what is wrong with a configuration, and changes nothing
  relay -c icecast.xml      with the configuration of an Icecast as it is
  relay import icecast.xml > relay.toml
                            the same in relay's own words, and what relay does otherwise
  relay health              asks the server on this machine whether it is well
  relay version             says which relay this is
  relay help                shows this

Environment:
  RELAY_SOURCE_PASSWORD, RELAY_ADMIN_PASSWORD   used where the configuration gives none

Signals:
  INT, TERM                 stop: sources and listeners are let go, exit status 0
`
