//! No event is lost, and none is acted on twice: the real webhook, killed, starved and cut off, before a LINE and an
//! api-users that outlive it and remember everything.

mod cluster;
mod confined;
mod disk;
mod event;
mod image;
mod inbox;
mod ingress;
mod kill_loop;
mod load;
mod order;
mod outage;
mod outside;
mod pressure;
mod recovery;
mod rig;
mod rollout;
mod sender;
mod stop;
mod syscalls;
mod trace;
mod verdict;
