-- The latest consents are kept once for all rows of a statement, not row by row: a group of registrations is one.
drop trigger consent_stands on consent;

create or replace function consent_stands() returns trigger language plpgsql as $$
begin
    insert into standing_consent (member_id, purpose, granted)
    select distinct on (member_id, purpose) member_id, purpose, granted from added
    order by member_id, purpose, consent_id desc
    on conflict (member_id, purpose) do update set granted = excluded.granted;
    return null;
end
$$;

create trigger consent_stands after insert on consent referencing new table as added
for each statement execute function consent_stands();
