-- name: name_of_outlet
SELECT t.id, t.name FROM alliance.outlet AS t WHERE t.id = %(outlet)s;
