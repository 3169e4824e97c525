package store_test

const childEnv = "STORE_TEST_CHILD"

func child() int { return 0 }
