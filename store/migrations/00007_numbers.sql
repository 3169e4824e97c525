-- Sources tell about numbers, not about cases: who watches this one?
CREATE INDEX shipments_number ON shipments (number);
