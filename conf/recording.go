package conf

import "time"

// MinRecordSplit is the least of Mount.RecordSplit, if it is not 0: files are
// named by the second.
const MinRecordSplit = Duration(time.Second)

func (m *Mount) checkRecording(r *reader, p path) {
	m.RecordDir = r.resolve(m.RecordDir)
	if m.RecordSplit != 0 && m.RecordSplit < MinRecordSplit {
		r.fail(p.key("record_split"), "must be 0 (one file a session) or at least %v", MinRecordSplit)
	}
}
