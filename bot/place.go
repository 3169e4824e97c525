package bot

import "strings"

var (
	placeEscape   = strings.NewReplacer("%", "%25", "/", "%2F")
	placeUnescape = strings.NewReplacer("%2F", "/", "%25", "%")
)

// String writes a place on one line, as the engine keeps it: network/workspace/room/thread. ParsePlace reads it back.
func (p Place) String() string {
	return placeEscape.Replace(p.Network) + "/" + placeEscape.Replace(p.Workspace) + "/" + placeEscape.Replace(p.Room) + "/" + placeEscape.Replace(p.Thread)
}

// ParsePlace reads what Place.String wrote; false for anything else.
func ParsePlace(s string) (Place, bool) {
	parts := strings.Split(s, "/")
	if len(parts) != 4 || parts[0] == "" {
		return Place{}, false
	}
	if strings.Contains(s, "%") {
		for i := range parts {
			parts[i] = placeUnescape.Replace(parts[i])
		}
	}
	return Place{Network: parts[0], Workspace: parts[1], Room: parts[2], Thread: parts[3]}, true
}

// ParseUser reads a User.Key back. The name and what else the network reported are not in it.
func ParseUser(key string) (User, bool) {
	network, rest, ok := strings.Cut(key, ":")
	workspace, id, ok2 := strings.Cut(rest, ":")
	if !ok || !ok2 || network == "" || id == "" {
		return User{}, false
	}
	return User{Network: network, Workspace: workspace, ID: id}, true
}
