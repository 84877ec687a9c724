#!/usr/bin/env python3
"""Writes the seed files of the coffee example: deterministic, so that everybody sees the same tables."""
import csv
import datetime
import os
import random

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "sales", "seeds")
RANDOM = random.Random(20260101)
COUNTRIES = [("DE", 38), ("AT", 14), ("CH", 12), ("NL", 11), ("DK", 9), ("SE", 9), ("FR", 7)]
ORIGINS = ["Ethiopia", "Kenya", "Colombia", "Brazil", "Guatemala", "Sumatra", "Rwanda", "Peru"]
ROASTS = ["light", "medium", "dark"]
START = datetime.date(2024, 1, 1)
DAYS = 730


def weighted(pairs):
    return RANDOM.choices([p[0] for p in pairs], [p[1] for p in pairs])[0]


def write(name, header, rows):
    with open(os.path.join(HERE, name), "w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def main():
    customers = []
    for number in range(1, 1201):
        signed_up = START + datetime.timedelta(days=int(DAYS * RANDOM.random() ** 1.4))
        customers.append([number, weighted(COUNTRIES), weighted([("private", 80), ("office", 20)]),
                          signed_up.isoformat(), "true" if RANDOM.random() < 0.35 else "false"])
    products = []
    for number in range(1, 37):
        origin, roast = ORIGINS[(number * 5) % 8], ROASTS[number % 3]
        products.append([number, "%s %s" % (origin, ("Washed", "Natural", "Honey")[number % 3]), origin,
                         roast, RANDOM.choice([250, 500, 1000]), "%.2f" % (6 + RANDOM.random() * 22)])
    orders, items, payments = [], [], []
    item_number = 0
    for number in range(1, 9001):
        customer = customers[min(int(RANDOM.paretovariate(0.9)) * 7 % 1200, 1199)]
        signed_up = datetime.date.fromisoformat(customer[3])
        span = (START + datetime.timedelta(days=DAYS) - signed_up).days
        day = signed_up + datetime.timedelta(days=int(span * RANDOM.random()))
        status = weighted([("completed", 90), ("returned", 4), ("cancelled", 6)])
        moment = datetime.datetime.combine(day, datetime.time(RANDOM.randrange(6, 23), RANDOM.randrange(60)))
        orders.append([number, customer[0], moment.isoformat(sep=" "), status,
                       weighted([("web", 65), ("app", 25), ("phone", 10)])])
        total = 0
        for _ in range(weighted([(1, 45), (2, 30), (3, 15), (4, 10)])):
            item_number += 1
            product = RANDOM.choice(products)
            quantity = weighted([(1, 60), (2, 28), (4, 12)])
            total += round(float(product[5]) * 100) * quantity
            items.append([item_number, number, product[0], quantity, product[5]])
        if status != "cancelled":
            payments.append([len(payments) + 1, number, weighted([("card", 55), ("paypal", 30), ("invoice", 15)]),
                             "%.2f" % (total / 100)])
    orders.sort(key=lambda row: row[2])
    write("raw_customers.csv", ["id", "country", "segment", "signed_up_on", "newsletter"], customers)
    write("raw_products.csv", ["id", "name", "origin", "roast", "grams", "price_eur"], products)
    write("raw_orders.csv", ["id", "customer_id", "ordered_at", "status", "channel"], orders)
    write("raw_order_items.csv", ["id", "order_id", "product_id", "quantity", "unit_price_eur"], items)
    write("raw_payments.csv", ["id", "order_id", "method", "amount_eur"], payments)


if __name__ == "__main__":
    main()
