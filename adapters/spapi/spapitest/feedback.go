package spapitest

import "net/http"

// What buyers say of a product, and what they may be asked.

func (s *Server) getTopics(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if len(r.PathValue("asin")) != 10 || q.Get("sortBy") != "MENTIONS" && q.Get("sortBy") != "STAR_RATING_IMPACT" {
		fault(w, 400, "InvalidInput", "Invalid input.", "")
		return
	}
	s.mu.Lock()
	d, ok := s.topics[r.PathValue("asin")]
	s.mu.Unlock()
	if !ok {
		w.WriteHeader(204)
		return
	}
	answer(w, 200, d)
}

func (s *Server) getActions(w http.ResponseWriter, r *http.Request) {
	order, market := r.PathValue("order"), r.URL.Query().Get("marketplaceIds")
	s.mu.Lock()
	may := s.solicit[order] && s.asked[order] == 0
	s.mu.Unlock()
	actions := []object{}
	if may {
		actions = append(actions, object{"href": "/solicitations/v1/orders/" + order + "/solicitations/productReviewAndSellerFeedback?marketplaceIds=" + market, "name": "productReviewAndSellerFeedback"})
	}
	answer(w, 200, object{"_links": object{"actions": actions, "self": object{"href": "/solicitations/v1/orders/" + order + "?marketplaceIds=" + market}}})
}

func (s *Server) createSolicitation(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	order := r.PathValue("order")
	if !s.solicit[order] || s.asked[order] > 0 {
		fault(w, 403, "Unauthorized", "This order may not be solicited.", "")
		return
	}
	s.asked[order]++
	answer(w, 201, object{})
}
