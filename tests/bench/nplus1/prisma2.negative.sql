SELECT `main`.`User`.`id` FROM `main`.`User` WHERE 1=1 LIMIT ? OFFSET ?;
SELECT `main`.`Post`.`id` FROM `main`.`Post` WHERE `main`.`Post`.`authorId` IN (?,?,?) LIMIT ? OFFSET ?;
