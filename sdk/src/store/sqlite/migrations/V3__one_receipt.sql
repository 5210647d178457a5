-- A receipt was kept twice: here and among the words of the event that notes it (`sealed`), where it
-- is read. The second copy was a tenth of a closed case and one thing more to erase.
ALTER TABLE outbox DROP COLUMN receipt;
