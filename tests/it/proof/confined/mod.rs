//! O08: the programs of the images as a cluster runs them: nobody in particular, with a root that is read-only, no
//! capabilities and no way to new ones.

mod cage;
mod programs;
mod stranger;
