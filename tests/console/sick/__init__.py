"""The labelled set: services that are sick in one way each, healthy ones, and what the doctor has to say of them."""
