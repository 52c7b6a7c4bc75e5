//! Who holds a connection, and who has to go when there is no room.
//!
//! A connection costs nothing to open and may say nothing for seconds. Were such ones kept while
//! others are turned away, a thousand of them would lock everybody out. So whoever comes is let in,
//! and whoever has kept the server waiting longest goes; those who are being answered stay.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use tokio::sync::Notify;

/// The connections of a server.
#[derive(Debug)]
pub(super) struct Crowd {
    most: usize,
    inside: Mutex<Inside>,
}

#[derive(Debug, Default)]
struct Inside {
    next: u64,
    places: BTreeMap<u64, Place>,
}

#[derive(Debug)]
struct Place {
    /// Since when the server waits for a whole request; none while it answers one.
    waited_for_since: Option<Instant>,
    leave: Arc<Notify>,
}

/// A connection's place; dropping it leaves the room to another.
#[derive(Debug)]
pub(crate) struct Seat {
    crowd: Arc<Crowd>,
    number: u64,
    leave: Arc<Notify>,
}

impl Crowd {
    /// Room for `most`.
    pub(super) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { most, inside: Mutex::default() })
    }

    /// A place for whoever comes; none where everybody inside is being answered.
    pub(super) fn enter(self: &Arc<Self>) -> Option<Seat> {
        let mut inside = self.inside();
        if inside.places.len() >= self.most && !inside.send_one_away() {
            return None;
        }
        let (number, leave) = (inside.next, Arc::new(Notify::new()));
        inside.next += 1;
        let place = Place { waited_for_since: Some(Instant::now()), leave: Arc::clone(&leave) };
        inside.places.insert(number, place);
        drop(inside);
        Some(Seat { crowd: Arc::clone(self), number, leave })
    }

    /// Sends away whoever has kept the server waiting longest: there may be room in the crowd, but
    /// no file descriptors are left.
    pub(super) fn make_room(&self) {
        self.inside().send_one_away();
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inside {
    fn send_one_away(&mut self) -> bool {
        let waited_for = self.places.iter();
        let waited_for = waited_for.filter_map(|(number, p)| Some((p.waited_for_since?, *number)));
        let Some((_, number)) = waited_for.min() else { return false };
        if let Some(place) = self.places.remove(&number) {
            place.leave.notify_one();
        }
        true
    }
}

impl Seat {
    /// A whole request has come: nobody else takes this place before it is answered.
    pub(crate) fn is_answered(&self) {
        self.set(None);
    }

    /// The next request may come.
    pub(crate) fn is_waited_for(&self) {
        self.set(Some(Instant::now()));
    }

    /// Until somebody else takes this place.
    pub(super) async fn taken(&self) {
        self.leave.notified().await;
    }

    fn set(&self, since: Option<Instant>) {
        if let Some(place) = self.crowd.inside().places.get_mut(&self.number) {
            place.waited_for_since = since;
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.crowd.inside().places.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a seat has been taken by another.
    fn is_taken(seat: &Seat) -> bool {
        !seat.crowd.inside().places.contains_key(&seat.number)
    }

    #[test]
    fn whoever_is_waited_for_longest_goes() {
        let crowd = Crowd::new(3);
        let seats: Vec<Seat> = (0..3).map(|_| crowd.enter().unwrap()).collect();
        seats[0].is_answered();
        seats[1].is_answered();
        seats[1].is_waited_for();
        let fourth = crowd.enter().unwrap();
        assert_eq!(seats.iter().map(is_taken).collect::<Vec<_>>(), [false, false, true]);
        let fifth = crowd.enter().unwrap();
        assert!(is_taken(&seats[1]) && !is_taken(&fourth) && !is_taken(&fifth));
        seats[2].is_waited_for();
        assert!(is_taken(&seats[2]), "who has gone does not come back");
    }

    #[test]
    fn nobody_goes_who_is_being_answered() {
        let crowd = Crowd::new(2);
        let (first, second) = (crowd.enter().unwrap(), crowd.enter().unwrap());
        first.is_answered();
        second.is_answered();
        assert!(crowd.enter().is_none());
        crowd.make_room();
        assert!(!is_taken(&first) && !is_taken(&second));
        drop(second);
        assert!(crowd.enter().is_some(), "a place is left to another");
    }
}
