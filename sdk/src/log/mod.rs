//! The log: leaves hashed as stored, an RFC 6962 tree over them, proofs, signed checkpoints,
//! tiles. Everything a stranger needs to check us, and nothing that needs us to be asked.
//!
//! This room takes keys and hashes as arguments. It knows nothing of storage, of cases or of what
//! a leaf's facts mean.

mod canonical;
mod checkpoint;
mod cosignature;
mod hash;
mod leaf;
mod leaf_scan;
mod note;
mod policy;
mod proof;
mod strict;
mod tile;
mod tiling;
mod tlog_proof;
mod tree;
mod witness;

pub use canonical::{CanonicalError, canonical};
pub use checkpoint::{CHECKPOINT_BYTES_MAX, Checkpoint, CheckpointError, sign_checkpoint};
pub use cosignature::{Cosigner, CosignerKey};
pub use hash::{Hash, HashError, leaf_hash, node_hash};
pub use leaf::{Leaf, LeafActor, LeafError, LeafView};
pub use note::{NoteError, NoteSigner, NoteVerifier, SignedNote, name_is_good};
pub use policy::{Believed, DistrustError, PolicyError, TrustPolicy, Witness};
pub use proof::{ProofError, verify_consistency, verify_inclusion};
pub use tile::{TileError, TilePath, decode_entries, encode_entries};
pub use tiling::Tiling;
pub use tlog_proof::{TlogProof, TlogProofError};
pub use tree::{Frontier, FrontierError, Nodes, consistency_proof, inclusion_proof, root};
pub use witness::{ADD_CHECKPOINT_BYTES_MAX, AddCheckpoint, SIZE_CONTENT_TYPE, WitnessRefusal};
