"""What Prometheus collects, computes and watches; the promises that it watches over."""
