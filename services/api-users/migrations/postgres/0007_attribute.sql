-- Who has an attribute of such a value, for segments: without them, each test reads the attributes of all members. A text of 500
-- characters is 2,000 bytes at most, and fits.
create index attribute_by_text on attribute (name, text_value) where text_value is not null;
create index attribute_by_number on attribute (name, number_value) where number_value is not null;
