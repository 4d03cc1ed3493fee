// Package aac cuts a byte stream into AAC frames in ADTS, the form in which radio streams
// carry AAC, and makes silent ones.
//
//	in:   bytes as sources and files send them, tags and garbage included
//	out:  whole ADTS frames, as units of a format
//
//	adts_frame   header 7 bytes, CRC 2 bytes if protected, raw_data_block
//	header       syncword 12 bits fff, ID 1, layer 2, protection_absent 1, profile 2,
//	             sampling_frequency_index 4, private 1, channel_configuration 3,
//	             original 1, home 1, copyright 2, frame_length 13, buffer_fullness 11,
//	             number_of_raw_data_blocks_in_frame 2 (one less than there are)
//	raw_data_block  elements, each led by 3 bits: SCE 0, CPE 1, CCE 2, LFE 3, DSE 4, PCE 5,
//	             FIL 6, END 7; then zeros up to a whole byte
//
// A frame needs nothing of the frames before it but the half of a window that overlaps,
// so any frame may follow any other of its format.
//
// HE-AAC in ADTS says nothing in its headers: they are those of LC at half the sample
// rate. What makes the upper half of the spectrum (SBR) is in a FIL element that old
// decoders pass over, and so is what makes stereo of mono (PS). A framer looks for SBR,
// since it doubles the rate that is heard. It does not look for PS: such a stream counts
// as mono, which its headers say too.
//
// Section numbers are those of ISO/IEC 14496-3; 13818-7 has the same under others.
package aac
