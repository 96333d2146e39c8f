package admin

// EmailBegins lets a test query the databases' plans for the search.
var EmailBegins = emailBegins
